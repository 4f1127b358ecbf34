#pragma once
#include <functional>

#include "ekya/core/clock.hpp"

namespace ekya {

/// Holds this process to a share of the machine by letting it wait: over any longer stretch it uses
/// at most share * cores seconds of CPU time per second. The job itself asks between minibatches or
/// frames, so nothing is interrupted half-way and no privilege is needed.
class ShareGovernor {
public:
    using CpuSeconds = std::function<Seconds()>;

    /// @param share of the device, all cores being 1; 0 = no limit
    ShareGovernor(double share, int cores, Clock& clock,
                  CpuSeconds cpu_seconds = process_cpu_seconds);

    /// From now on another share; what was saved or owed under the old one is forgotten.
    void set_share(double share);
    [[nodiscard]] double share() const { return share_; }
    /// Seconds until the job may go on; 0 = at once.
    [[nodiscard]] Seconds wait_needed();
    /// Waits that long. Call it between minibatches.
    void throttle();

private:
    void restart();

    double share_;
    int cores_;
    Clock& clock_;
    CpuSeconds cpu_seconds_;
    Seconds wall_start_ = 0, cpu_start_ = 0;
};

}  // namespace ekya
