#pragma once
#include "ekya/core/clock.hpp"

namespace ekya {

/// Lets at most so many things a second pass, at even distances: after a pause it lets no more of
/// them pass at once.
class RateLimit {
public:
    /// @param per_second > 0; 0 = no limit
    explicit RateLimit(double per_second) : distance_(per_second > 0 ? 1 / per_second : 0) {}
    /// Whether one may pass now; then it has.
    [[nodiscard]] bool pass(Seconds now) {
        // Things that come as often as they may, a little early or late, all pass.
        if (now < next_ - 0.1 * distance_) return false;
        next_ = now - next_ < distance_ ? next_ + distance_ : now + distance_;
        return true;
    }

private:
    Seconds distance_, next_ = -1e300;
};

}  // namespace ekya
