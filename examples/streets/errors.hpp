// The two ways to fail, as the exit codes tell them apart.
#pragma once

#include <stdexcept>

namespace ekya::streets {

/// The work failed: exit 1.
struct WorkError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The command line asks for something that cannot be; nothing was touched: exit 2.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace ekya::streets
