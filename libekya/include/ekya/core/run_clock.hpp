#pragma once
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "ekya/core/config.hpp"

namespace ekya {

/// The time by which the programs of one run agree on moments (when a window begins, when a job is
/// stopped): seconds since 1970 as the wall clock said when the run began, carried on by the
/// monotonic clock. Setting the wall clock moves none of them. A run begins with the program that
/// was started without the clock of another one.
[[nodiscard]] double run_time();

/// Environment variable in which a program hands its run's clock to those that it starts.
inline constexpr const char* run_clock_variable = "EKYA_RUN_CLOCK";

/// The run's clock as text: the boot of the machine, then run_time() less the monotonic clock, and
/// run_time() less the wall clock as it is at the moment. The second number is for other machines,
/// whose monotonic clocks count from another moment.
[[nodiscard]] std::string run_clock();

/// For the whole process. Text that run_clock() did not write has no effect.
void join_run_clock(std::string_view text);

/// What time it is for judging the age of files, whose stamps are of the wall clock. For some time
/// after that clock was set, files from before and after are mixed; until then it is the time by
/// which nothing is older than it is.
class StampClock {
public:
    /// @param memory age that matters; >= 0
    explicit StampClock(Seconds memory) : memory_(memory) {}
    /// @param run run_time() @param wall unix_time()
    [[nodiscard]] double now(double run, double wall);

private:
    Seconds memory_;
    std::deque<std::pair<double, double>> settings_;  ///< when it began (run), wall less run
    double last_ = 0;                                 ///< run time of the last call
};

}  // namespace ekya
