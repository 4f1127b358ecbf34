#pragma once
#include <torch/torch.h>

#include <array>
#include <vector>

#include "ekya/core/box_matching.hpp"

namespace ekya {

/// What a detector keeps of its finer resolutions, strides 4, 8 and 16; undefined where the layers
/// behind need it no more, and in classifiers.
using Levels = std::array<torch::Tensor, 3>;

/// What a network takes, and what goes with each picture wherever it is moved.
struct NetworkInput {
    torch::Tensor values;       ///< [N, 3, H, W] float32, normalised by own_normalisation; or what
                                ///< frozen layers put out for it
    torch::Tensor places = {};  ///< [N, 4] float32 (place.hpp); undefined = unknown
    Levels levels = {};         ///< of frozen layers, besides values
    std::vector<std::vector<TargetBox>> boxes = {};  ///< N, pixels of the picture; or none at all

    /// Rows [first, first + count).
    [[nodiscard]] NetworkInput rows(std::int64_t first, std::int64_t count) const;
};

/// One behind the other. @throws InputError if only some know their places
[[nodiscard]] NetworkInput concatenated(const std::vector<NetworkInput>& parts);

}  // namespace ekya
