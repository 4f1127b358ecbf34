#pragma once
#include <string>

namespace ekya::cli {

/// The message, and what to do where it says that a limit of the process was reached: libraries
/// report such errors each in its own way, with the system's words in them.
[[nodiscard]] std::string with_advice(const std::string& message);

}  // namespace ekya::cli
