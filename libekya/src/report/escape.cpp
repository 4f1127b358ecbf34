#include "ekya/report/escape.hpp"

#include <charconv>

#include "ekya/core/text.hpp"

namespace ekya::report {

namespace {

bool is_number(std::string_view text) {
    double ignored = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, ignored);
    return error == std::errc{} && end == last;
}

}  // namespace

std::string html_text(std::string_view text) {
    std::string html;
    for (const char c : printable(text)) switch (c) {
            case '&':
                html += "&amp;";
                break;
            case '<':
                html += "&lt;";
                break;
            case '>':
                html += "&gt;";
                break;
            case '"':
                html += "&quot;";
                break;
            case '\'':
                html += "&#39;";
                break;
            default:
                html += c;
        }
    return html;
}

/// Nothing is expanded between single quotes but a doubled one, which stands for itself. gnuplot
/// writes "]]>" into SVG as it is, where XML does not allow it.
std::string gnuplot_text(std::string_view text) {
    std::string quoted = "'";
    for (const char c : printable(text)) {
        if (c == '\'') quoted += '\'';
        if (c == '>' && quoted.ends_with("]]")) quoted += ' ';
        quoted += c;
    }
    return quoted + "'";
}

std::string gnuplot_mark(std::string_view text) {
    std::string format;
    for (const char c : gnuplot_text(text)) format += c == '%' ? "%%" : std::string(1, c);
    return format;
}

std::string csv_field(std::string_view text) {
    std::string field = printable(text);
    if (!field.empty() && std::string_view("=+-@").find(field.front()) != std::string_view::npos &&
        !is_number(field))
        field.insert(0, 1, '\'');
    if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
    std::string quoted = "\"";
    for (const char c : field) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

std::string json_in_html(std::string json) {
    std::string safe;
    safe.reserve(json.size());
    for (const char c : json) {
        if (c == '<')
            safe += "\\u003c";  // outside of texts JSON has none
        else
            safe += c;
    }
    return safe;
}

}  // namespace ekya::report
