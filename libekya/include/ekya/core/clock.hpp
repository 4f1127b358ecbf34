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

/// Wall-clock time in seconds since 1970: for stamps, and to agree with other programs on a moment.
[[nodiscard]] double unix_time();

/// Whether the kernel says that the wall clock follows a time server (adjtimex).
[[nodiscard]] bool clock_is_synchronised();

/// CPU time used by this process so far, all threads, in seconds.
[[nodiscard]] Seconds process_cpu_seconds();

/// Cores this process may use (affinity and hardware), at least 1.
[[nodiscard]] int usable_cores();

/// Cores that make one device where there is no GPU: those that this process was told of, else
/// usable_cores(). A job that a cluster binds to some of a box's cores has to count device-seconds
/// as all others do.
[[nodiscard]] int device_cores();
/// For the whole process. @throws DomainError if cores is below 1
void set_device_cores(int cores);

}  // namespace ekya
