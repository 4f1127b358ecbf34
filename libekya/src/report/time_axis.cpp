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
WindowSpan TimeAxis::window(int window) const {
    Time begin = window * seconds_;
    if (service_ && !begins_.empty()) {
        auto next = begins_.upper_bound(window);
        const auto known = next == begins_.begin() ? next : std::prev(next);
        begin = known->second + (window - known->first) * seconds_;
    }
    return {begin, begin + seconds_};
}

}  // namespace ekya::report
