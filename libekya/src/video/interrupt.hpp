// How long a blocking call into FFmpeg may take.
#pragma once

#include <chrono>
#include <functional>

#include "ekya/core/config.hpp"

namespace ekya {

/// Ends blocking calls at a deadline or when the caller cancels.
class Interrupt {
public:
    explicit Interrupt(std::function<bool()> cancelled) : cancelled_(std::move(cancelled)) {}

    void expire_in(Seconds seconds) {
        deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                       std::chrono::duration<double>(seconds));
    }
    [[nodiscard]] bool expired() const { return Clock::now() >= deadline_; }
    [[nodiscard]] bool cancelled() const { return cancelled_ && cancelled_(); }

    /// For AVIOInterruptCB.
    static int check(void* self) {
        const auto& interrupt = *static_cast<const Interrupt*>(self);
        return interrupt.expired() || interrupt.cancelled() ? 1 : 0;
    }

private:
    using Clock = std::chrono::steady_clock;
    std::function<bool()> cancelled_;
    Clock::time_point deadline_ = Clock::time_point::max();
};

}  // namespace ekya
