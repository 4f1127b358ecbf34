#include "ekya/core/run_clock.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr Seconds setting = 1;  // a smaller difference is two clocks read one after the other

std::atomic<double>& ahead_of_monotonic() {
    static std::atomic<double> seconds = unix_time() - SystemClock().now();
    return seconds;
}

/// Differs between machines and between starts of one. Empty where the kernel does not say.
std::string boot_id() {
    try {
        const std::string text = read_file("/proc/sys/kernel/random/boot_id");
        return text.substr(0, text.find('\n'));
    } catch (const InputError&) {
        return {};
    }
}

}  // namespace

double run_time() { return SystemClock().now() + ahead_of_monotonic(); }

std::string run_clock() {
    const std::string boot = boot_id();
    char text[160];
    std::snprintf(text, sizeof text, "%.64s %.6f %.6f", boot.empty() ? "-" : boot.c_str(),
                  ahead_of_monotonic().load(), run_time() - unix_time());
    return text;
}

void join_run_clock(std::string_view text) {
    std::istringstream words{std::string(text)};
    std::string boot;
    double monotonic = 0, wall = 0;
    constexpr double most = 1e11;  // seconds, the year 5138: beyond it is no time
    if (!(words >> boot >> monotonic >> wall) || !(std::abs(monotonic) < most) ||
        !(std::abs(wall) < most))
        return;
    const bool same_machine = boot != "-" && boot == boot_id();
    ahead_of_monotonic() = same_machine ? monotonic : unix_time() + wall - SystemClock().now();
}

double StampClock::now(double run, double wall) {
    last_ = std::max(last_, run);
    const double ahead = wall - run;
    if (settings_.empty() || std::abs(settings_.back().second - ahead) > setting)
        settings_.emplace_back(last_, ahead);
    // A setting is over when the next begins, and forgotten when all its files are old.
    while (settings_.size() > 1 && settings_[1].first + memory_ < last_) settings_.pop_front();
    double least = ahead;
    for (const auto& [since, difference] : settings_) least = std::min(least, difference);
    return run + least;
}

}  // namespace ekya
