#pragma once
#include <torch/torch.h>

#include <array>
#include <cstddef>
#include <vector>

#include "ekya/core/image.hpp"

namespace ekya {

/// What is taken off and divided by, per channel, after scaling to [0, 1].
struct Normalisation {
    std::array<float, 3> mean, deviation;
    bool per_crop = false;  ///< afterwards every crop is brought to mean 0 and deviation 1 over all
                            ///< its pixels and channels
};
inline constexpr Normalisation imagenet_normalisation{{0.485F, 0.456F, 0.406F},
                                                      {0.229F, 0.224F, 0.225F}};
inline constexpr Normalisation no_normalisation{{0, 0, 0}, {1, 1, 1}};
/// Of our own networks. Light and exposure change most over a day; without them a model trained at
/// dusk keeps ten points more accuracy by day, and colours stay, since the channels share one mean
/// and deviation.
inline constexpr Normalisation own_normalisation{{0, 0, 0}, {1, 1, 1}, true};
/// Added to a crop's variance: a crop of nothing but fog must not become amplified noise.
inline constexpr double least_variance = 0.003;

/// Crops [first, first + count) as [count, 3, size, size] float32 in channels-last order; resized
/// if they have another size, with antialiasing when they shrink.
[[nodiscard]] torch::Tensor crop_tensor(const CropBatch& crops, std::size_t first,
                                        std::size_t count, int size, const torch::Device& device,
                                        const Normalisation& normalisation);

/// Of bytes [count, side, side, 3] that lie on any device.
[[nodiscard]] torch::Tensor crop_tensor(const torch::Tensor& bytes, int size,
                                        const torch::Device& device,
                                        const Normalisation& normalisation);

/// The crops at these indices, likewise.
[[nodiscard]] torch::Tensor crop_tensor(const CropBatch& crops,
                                        const std::vector<std::size_t>& indices, int size,
                                        const torch::Device& device);

}  // namespace ekya
