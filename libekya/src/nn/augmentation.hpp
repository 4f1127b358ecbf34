#pragma once
#include <torch/torch.h>

#include "random.hpp"

namespace ekya {

/// How far training crops are changed at random. Meant for small crops cut around a detected box: the box may sit off the
/// object and be too large or too small, left and right look alike, and the light of day and dusk differs by a factor of two.
struct Augmentation {
    double shift = 0.12;        ///< of the side, either way, in x and y
    double zoom = 0.15;         ///< 0.15: between 1/1.15 and 1.15
    double flip = 0.5;          ///< probability of a mirror image
    double brightness = 0.6;    ///< 0.6: between 1/1.6 and 1.6 times as bright
    double contrast = 0.4;      ///< 0.4: 0.6 to 1.4 times as far from the crop's mean
};

/// A changed copy of a batch, every crop by numbers of its own; what lies outside repeats the border.
/// @param batch [N, 3, S, S] float32, normalised by grey_normalisation   @return the same shape, channels-last
[[nodiscard]] torch::Tensor augmented(const torch::Tensor& batch, const Augmentation& amount, Random& random);

}  // namespace ekya
