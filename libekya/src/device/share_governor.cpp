#include "ekya/device/share_governor.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"

namespace ekya {
namespace {

/// Unused time up to this long is kept, so that a job that slept may catch up a little, not take
/// over the machine.
constexpr Seconds longest_credit = 0.2;

}  // namespace

ShareGovernor::ShareGovernor(double share, int cores, Clock& clock, CpuSeconds cpu_seconds)
    : share_(share), cores_(cores), clock_(clock), cpu_seconds_(std::move(cpu_seconds)) {
    require_in_range("share", share, 0, limits::share);
    restart();
}

void ShareGovernor::restart() {
    wall_start_ = clock_.now();
    cpu_start_ = cpu_seconds_();
}

void ShareGovernor::set_share(double share) {
    require_in_range("share", share, 0, limits::share);
    share_ = share;
    restart();
}

Seconds ShareGovernor::wait_needed() {
    if (share_ <= 0) return 0;
    const double rate = share_ * cores_;
    const Seconds used =
        (cpu_seconds_() - cpu_start_) / rate;  // wall time that the CPU time used so far pays for
    const Seconds passed = clock_.now() - wall_start_;
    if (passed - used > longest_credit) wall_start_ += passed - used - longest_credit;
    return std::max(0.0, used - passed);
}

void ShareGovernor::throttle() {
    const Seconds wait = wait_needed();
    if (wait > 0) clock_.sleep(wait);
}

}  // namespace ekya
