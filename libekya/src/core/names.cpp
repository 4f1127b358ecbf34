#include "ekya/core/names.hpp"

#include <algorithm>

#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_visible_ascii(char c) { return c >= 0x20 && c < 0x7f; }

}  // namespace

bool is_plain_text(std::string_view text) {
    return std::all_of(text.begin(), text.end(), is_visible_ascii) ||
           printable(text, 4 * text.size()) == text;
}

bool is_file_name(std::string_view text) {
    return !text.empty() && text.size() <= limits::name_bytes && is_letter_or_digit(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
           });
}

bool is_class_name(std::string_view text) {
    return !text.empty() && text.size() <= limits::class_bytes && text.front() != ' ' &&
           text.back() != ' ' && is_plain_text(text);
}

}  // namespace ekya
