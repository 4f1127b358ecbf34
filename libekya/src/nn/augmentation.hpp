#pragma once
#include <torch/torch.h>

#include "random.hpp"

namespace ekya {

/// How far training crops are changed at random. Meant for small crops cut around a detected box:
/// the box may sit off the object and be too large or too small, left and right look alike. Crops
/// come standardised; what changes their light here stands for what the rest of the crop does to
/// its mean and deviation, such as a bright sky behind a dark car.
struct Augmentation {
    double shift = 0.12;      ///< of the side, either way, in x and y
    double zoom = 0.15;       ///< 0.15: between 1/1.15 and 1.15
    double flip = 0.5;        ///< probability of a mirror image
    double brightness = 0.6;  ///< added, either way, in deviations of the crop
    double contrast = 0.6;    ///< 0.6: between 1/1.6 and 1.6 times
    double move = 0.035;      ///< of the frame's sides, either way: the place's centre
    double stretch = 0.18;    ///< 0.18: its sides between 1/1.18 and 1.18 times

    /// So many times as strong; 0 = nothing is changed. @param strength in [0, 2]
    [[nodiscard]] static Augmentation of_strength(double strength);
};

/// What a network takes.
struct NetworkInput {
    torch::Tensor values;  ///< [N, 3, S, S] float32, normalised by own_normalisation; or what
                           ///< frozen layers put out for it
    torch::Tensor places;  ///< [N, 4] float32 (place.hpp); undefined = unknown
};

/// A changed copy of a batch, every crop by numbers of its own; what lies outside repeats the
/// border. A mirrored crop's place is mirrored too.
/// @return the same shapes, values channels-last
[[nodiscard]] NetworkInput augmented(const NetworkInput& batch, const Augmentation& amount,
                                     Random& random);

}  // namespace ekya
