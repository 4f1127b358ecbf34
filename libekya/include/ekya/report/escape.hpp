// Text from records, in the forms that its media need.
#pragma once
#include <string>
#include <string_view>

namespace ekya::report {

/// As text or quoted attribute of HTML. What people's eyes would be misled by is written as
/// printable() does.
[[nodiscard]] std::string html_text(std::string_view text);

/// As a string of a gnuplot script, with its quotes. Terminals have to be "noenhanced".
[[nodiscard]] std::string gnuplot_text(std::string_view text);

/// The same, as the text of a mark of an axis, which is a format for the mark's number.
[[nodiscard]] std::string gnuplot_mark(std::string_view text);

/// As a field of CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an
/// apostrophe in front.
[[nodiscard]] std::string csv_field(std::string_view text);

/// JSON inside a <script> of HTML, which ends at "</script" wherever it stands.
[[nodiscard]] std::string json_in_html(std::string json);

}  // namespace ekya::report
