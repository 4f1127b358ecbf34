#pragma once
#include <span>
#include <vector>

#include "folded_network.hpp"
#include "frame_tensor.hpp"

namespace ekya {

/// Objects of each frame in its pixels, by falling score. @param width, height of the input
[[nodiscard]] std::vector<std::vector<ScoredBox>> detect(const FoldedNetwork& network,
                                                         std::span<const FrameImage* const> frames,
                                                         int width, int height,
                                                         const torch::Device& device,
                                                         double min_score);

/// What the head is given of each frame, averaged over it, [frames, C] row after row.
[[nodiscard]] std::vector<float> frame_features(const FoldedNetwork& network,
                                                std::span<const FrameImage* const> frames,
                                                int width, int height, const torch::Device& device);

}  // namespace ekya
