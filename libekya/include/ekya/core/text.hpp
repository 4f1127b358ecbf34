#pragma once
#include <string>

namespace ekya {

/// The shortest text that reads back as the same number.
[[nodiscard]] std::string to_text(double value);

/// A window's number as files and directories have it: five digits or more, so that their names
/// sort as the windows do.
[[nodiscard]] std::string window_number(int window);

/// A wall-clock time as RFC 3339 writes it, in UTC, to the second: 2026-11-29T21:24:00Z.
[[nodiscard]] std::string utc_text(double unix_time);

}  // namespace ekya
