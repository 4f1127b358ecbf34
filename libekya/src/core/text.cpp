#include "ekya/core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace ekya {
namespace {

/// How many bytes the UTF-8 character at the begin of `text` has; 0 if it is none.
std::size_t character_bytes(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    const bool surrogate = first == 0xed && byte(1) >= 0xa0;
    const bool beyond = first == 0xf4 && byte(1) >= 0x90;
    return overlong || surrogate || beyond ? 0 : size;
}

/// Control characters of ASCII and Latin-1, line and paragraph separators, and what changes the
/// writing direction.
bool is_obeyed(std::string_view character) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
    if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7f;
    if (character.size() == 2) return byte(0) == 0xc2 && byte(1) < 0xa0;
    if (character.size() != 3 || byte(0) != 0xe2) return false;
    return (byte(1) == 0x80 && (byte(2) == 0x8e || byte(2) == 0x8f)) ||
           (byte(1) == 0x80 && byte(2) >= 0xa8 && byte(2) <= 0xae) ||
           (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9);
}

void append_hexadecimal(std::string& to, std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        to += "\\x";
        to += digits[byte >> 4];
        to += digits[byte & 15];
    }
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
    std::string shown;
    shown.reserve(std::min(text.size(), most));
    while (!text.empty()) {
        const std::size_t size = character_bytes(text);
        const auto character = text.substr(0, std::max<std::size_t>(size, 1));
        if (shown.size() + character.size() > most) return shown + "...";
        if (size == 0 || is_obeyed(character))
            append_hexadecimal(shown, character);
        else
            shown += character;
        text.remove_prefix(character.size());
    }
    return shown;
}

std::string to_text(double value) {
    std::array<char, 32> text;
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::string window_number(int window) {
    std::array<char, 16> text;
    std::snprintf(text.data(), text.size(), "%05d", window);
    return text.data();
}

std::string utc_text(double unix_time) {
    const auto seconds = static_cast<std::time_t>(std::floor(unix_time));
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 40> text;
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace ekya
