// The form of names from outside, wherever they come from: records, command lines, directories and
// lists of class names.
#pragma once
#include <string_view>

namespace ekya {

/// UTF-8 that a terminal shows and does not obey: no control characters, escape sequences or
/// changes of the writing direction.
[[nodiscard]] bool is_plain_text(std::string_view text);

/// Names a file or directory and is no path: letters, digits, ".", "_" and "-", a letter or digit
/// first, limits::name_bytes at most. Ids of streams and models are such names.
[[nodiscard]] bool is_file_name(std::string_view text);

/// Plain text without blanks at its ends, not empty, limits::class_bytes at most. Commas, blanks
/// inside and letters of all scripts are allowed.
[[nodiscard]] bool is_class_name(std::string_view text);

}  // namespace ekya
