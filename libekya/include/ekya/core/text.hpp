#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace ekya {

/// The shortest text that reads back as the same number.
[[nodiscard]] std::string to_text(double value);

/// A window's number as files and directories have it: five digits or more, so that their names
/// sort as the windows do.
[[nodiscard]] std::string window_number(int window);

/// A wall-clock time as RFC 3339 writes it, in UTC, to the second: 2026-11-29T21:24:00Z.
[[nodiscard]] std::string utc_text(double unix_time);

/// Text from outside as people may see it: what a terminal would obey (control characters, escape
/// sequences, changes of the writing direction) and bytes that are no UTF-8 become "\\x1b" and the
/// like; a longer text than `most` bytes ends in "...". Text that is harmless comes back as it is.
[[nodiscard]] std::string printable(std::string_view text, std::size_t most = 4096);

/// A URL, or text with URLs in it, as messages, logs and records may have it: the password before
/// '@' and the values of parameters that are named like secrets (password, token, key, auth, ...)
/// become "***". A password may contain '/', '#', '?', ':' and '@', so all up to the last '@' of a
/// URL goes; a URL ends at white space. Text without secrets comes back as it is.
[[nodiscard]] std::string without_secrets(std::string_view url_or_text);

}  // namespace ekya
