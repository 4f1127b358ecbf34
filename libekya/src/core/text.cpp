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

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_space(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }

/// Whether a parameter of this name is likely to hold a secret.
bool names_secret(std::string_view name) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    constexpr std::array<std::string_view, 10> parts{"pass", "pwd", "token", "secret",  "key",
                                                     "auth", "sig", "cred",  "session", "jwt"};
    return lower == "pw" || lower == "psw" || std::ranges::any_of(parts, [&](const auto part) {
               return lower.find(part) != std::string::npos;
           });
}

/// Replaces the values of parameters of `url`, "name=value" that ends at '&', in its query, its
/// path or its fragment. Punctuation at the end of the URL belongs to the sentence around it.
std::string without_secret_values(std::string_view url) {
    std::string shown;
    for (auto equals = url.find('='); equals != std::string_view::npos; equals = url.find('=')) {
        auto name = equals;
        while (name > 0 && (is_alphanumeric(url[name - 1]) || url[name - 1] == '_' ||
                            url[name - 1] == '-' || url[name - 1] == '.'))
            --name;
        shown += url.substr(0, equals + 1);
        const bool secret = names_secret(url.substr(name, equals - name));
        url.remove_prefix(equals + 1);
        if (!secret) continue;
        const auto value = url.substr(0, url.find('&'));
        const auto end = value.find_last_not_of(value.size() == url.size() ? ":,;.\"')]}>" : "");
        if (end == std::string_view::npos) continue;
        shown += "***";
        url.remove_prefix(end + 1);
    }
    return shown += url;
}

/// What follows "scheme://" in a URL. A host in brackets has colons and comes without a user.
std::string without_secrets_after_scheme(std::string_view rest) {
    const auto at = rest.rfind('@');
    const auto colon = rest.find(':');
    if (at == std::string_view::npos || colon > at || rest.front() == '[')
        return without_secret_values(rest);
    return std::string(rest.substr(0, colon + 1)) + "***" + without_secret_values(rest.substr(at));
}

}  // namespace

std::string without_secrets(std::string_view text) {
    std::string shown;
    for (auto colon = text.find(":/"); colon != std::string_view::npos; colon = text.find(":/")) {
        const auto begin = std::min(text.find_first_not_of('/', colon + 1), text.size());
        const bool url = colon > 0 && is_alphanumeric(text[colon - 1]);
        shown += text.substr(0, begin);
        text.remove_prefix(begin);
        if (!url) continue;
        const auto* const end = std::ranges::find_if(text, is_space);
        const auto rest = text.substr(0, static_cast<std::size_t>(end - text.begin()));
        if (rest.empty()) continue;
        shown += without_secrets_after_scheme(rest);
        text.remove_prefix(rest.size());
    }
    return shown += text;
}

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
