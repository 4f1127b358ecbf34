#include "time_axis.hpp"

#include <ctime>

namespace ekya::report {

std::optional<double> unix_time_of(const std::string& utc) {
    std::tm time{};
    const char* const rest = strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
    if (rest == nullptr) return std::nullopt;
    return static_cast<double>(timegm(&time));
}

TimeAxis::TimeAxis(std::map<int, double> starts, Seconds window_seconds, double pace)
    : starts_(std::move(starts)), seconds_(window_seconds), pace_(pace), service_(false) {}

TimeAxis::TimeAxis(const std::map<int, double>& begins, Seconds window_seconds)
    : begins_(begins), seconds_(window_seconds), service_(true) {}

std::optional<Time> TimeAxis::at(double unix_time) const {
    if (service_) return unix_time;
    if (starts_.empty()) return std::nullopt;
    auto part = starts_.begin();
    for (auto next = part; next != starts_.end(); ++next)
        if (next->second <= unix_time) part = next;
    return part->first * seconds_ + (unix_time - part->second) * pace_;
}

/// A window of a service that nothing dates follows the one before.
Time TimeAxis::begin_of(int window) const {
    if (!service_ || begins_.empty()) return window * seconds_;
    const auto next = begins_.upper_bound(window);
    const auto known = next == begins_.begin() ? next : std::prev(next);
    return known->second + (window - known->first) * seconds_;
}

/// Dates are to the second: a window ends where the next one begins, unless the service stood
/// still.
WindowSpan TimeAxis::window(int window) const {
    const Time begin = begin_of(window), end = begin + seconds_, next = begin_of(window + 1);
    const bool follows = next > begin && next < end + 0.5 * seconds_;
    return {begin, service_ && follows ? next : end};
}

}  // namespace ekya::report
