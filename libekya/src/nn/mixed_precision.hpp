#pragma once
#include <torch/torch.h>

namespace ekya {

/// Whether this device multiplies bfloat16 numbers itself: then a training is faster with them,
/// else slower.
[[nodiscard]] bool multiplies_bfloat16(const torch::Device& device);

/// As long as it lives, this thread's convolutions and matrix products are computed in bfloat16,
/// from weights that stay float; what needs more digits (losses, statistics) is left in float.
/// Nothing happens unless `on`.
class MixedPrecision {
public:
    MixedPrecision(const torch::Device& device, bool on);
    ~MixedPrecision();
    MixedPrecision(const MixedPrecision&) = delete;
    MixedPrecision& operator=(const MixedPrecision&) = delete;

private:
    void enable(bool on) const;

    torch::DeviceType type_;
    bool on_;
};

}  // namespace ekya
