#pragma once
#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ekya/core/image.hpp"

namespace ekya {

// What an object is shows in where it is: signs hang above, cars stand below, people are taller
// than wide. A crop, square and scaled to one size, has lost that.

/// Places of crops [first, first + count) as [count, 4] float32: centre x and y, width, height
/// (FramePlace).
/// @return undefined if the crops do not know their places
[[nodiscard]] torch::Tensor place_tensor(const CropBatch& crops, std::size_t first,
                                         std::size_t count, const torch::Device& device);
/// Of the crops at these indices.
[[nodiscard]] torch::Tensor place_tensor(const CropBatch& crops,
                                         const std::vector<std::size_t>& indices,
                                         const torch::Device& device);

inline constexpr std::int64_t place_feature_count = 5;
/// What a network sees of places: centre, logarithms of the sides and lower edge, each about in
/// [-2, 2].
/// @param places [N, 4] as place_tensor() gives them   @return [N, place_feature_count]
[[nodiscard]] torch::Tensor place_features(const torch::Tensor& places);

}  // namespace ekya
