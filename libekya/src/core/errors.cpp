#include "ekya/core/errors.hpp"

#include <sstream>

#include "ekya/core/text.hpp"

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
    std::ostringstream text;
    text << name << ": " << to_text(value) << " is not in [" << low << ", " << high << "]";
    throw DomainError(text.str());
}

}  // namespace ekya
