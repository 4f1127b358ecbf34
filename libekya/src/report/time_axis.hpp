// Where moments lie on the axis of a report.
#pragma once
#include <map>
#include <optional>

#include "ekya/report/history.hpp"

namespace ekya::report {

/// Unix time that an RFC 3339 text of a record says; none if it says none.
[[nodiscard]] std::optional<double> unix_time_of(const std::string& utc);

/// The axis of one run.
class TimeAxis {
public:
    /// Of a policy's run: stream time.
    /// @param starts Unix times at which it was started and went on, by the first window then
    TimeAxis(std::map<int, double> starts, Seconds window_seconds, double pace);
    /// Of a service: Unix time.
    /// @param begins of windows, as far as they are known
    TimeAxis(const std::map<int, double>& begins, Seconds window_seconds);

    /// None where nothing says when a run was started.
    [[nodiscard]] std::optional<Time> at(double unix_time) const;
    [[nodiscard]] WindowSpan window(int window) const;

private:
    [[nodiscard]] Time begin_of(int window) const;

    std::map<int, double> starts_;  ///< of an experiment
    std::map<int, Time> begins_;    ///< of a service
    Seconds seconds_;
    double pace_ = 1;
    bool service_;
};

}  // namespace ekya::report
