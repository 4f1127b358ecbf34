#pragma once
#include "ekya/core/config.hpp"

namespace ekya {

/// Time as the library sees it; tests replace it.
class Clock {
public:
    virtual ~Clock() = default;
    /// Seconds since an arbitrary moment; never goes back.
    [[nodiscard]] virtual Seconds now() const = 0;
    virtual void sleep(Seconds duration) = 0;
};

/// The machine's monotonic clock, shared by all processes on it.
class SystemClock : public Clock {
public:
    [[nodiscard]] Seconds now() const override;
    void sleep(Seconds duration) override;
};

/// CPU time used by this process so far, all threads, in seconds.
[[nodiscard]] Seconds process_cpu_seconds();

/// Cores this process may use (affinity and hardware), at least 1.
[[nodiscard]] int usable_cores();

/// Cores that make one device where there is no GPU: EKYA_CORES, which ekya-run tells its job, else usable_cores(). So a job that a
/// cluster binds to some of a box's cores counts device-seconds as all others do.
/// @throws ConfigError if EKYA_CORES is no whole number of at least 1
[[nodiscard]] int device_cores();

}  // namespace ekya
