#include "ekya/core/errors.hpp"

#include <array>
#include <charconv>
#include <sstream>
#include <string_view>

namespace ekya {
namespace {

std::string join(const std::vector<std::string>& names) {
    std::string joined;
    for (const auto& name : names) joined += (joined.empty() ? "" : ", ") + name;
    return joined;
}

}  // namespace

PartialFailure::PartialFailure(std::vector<std::string> failed_streams)
    : Error("failed streams: " + join(failed_streams)), streams(std::move(failed_streams)) {}

void require_in_range(const char* name, double value, double low, double high) {
    if (value >= low && value <= high) return;  // false for NaN
    std::array<char, 32> digits;                // all of them: 1.0000001 is not 1
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    std::ostringstream text;
    text << name << ": " << std::string_view(digits.data(), end) << " is not in [" << low << ", "
         << high << "]";
    throw DomainError(text.str());
}

}  // namespace ekya
