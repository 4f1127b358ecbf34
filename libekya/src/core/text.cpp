#include "ekya/core/text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace ekya {

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
