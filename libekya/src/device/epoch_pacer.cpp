#include "ekya/device/epoch_pacer.hpp"

#include <algorithm>
#include <cmath>

namespace ekya {

int EpochPacer::epochs_to_run(int epoch, int planned, Seconds epoch_seconds) {
    longest_epoch_ = std::max(longest_epoch_, epoch_seconds);
    if (std::isinf(until_) || epoch_seconds <= 0) return planned;
    const double fit = std::floor((until_ - clock_.now() - reserve()) / epoch_seconds);
    return std::clamp(epoch + static_cast<int>(std::clamp(fit, 0.0, 1e6)), epoch, planned);
}

Seconds EpochPacer::reserve() const {
    return std::max({0.3, 0.5 * longest_epoch_, 0.05 * (clock_.now() - start_)});
}

}  // namespace ekya
