#pragma once
#include <torch/torch.h>

#include "network_input.hpp"
#include "program.hpp"
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

    bool repeats_border = true;  ///< what lies outside the picture; false: its mean

    double mean = 0, deviation = 1;  ///< of the pictures' values

    /// So many times as strong.
    [[nodiscard]] Augmentation scaled(double strength) const;
    /// So many times as strong as usual; 0 = nothing is changed. @param strength in [0, 2]
    [[nodiscard]] static Augmentation of_strength(double strength);
    /// Of whole frames, in which cameras hardly move.
    [[nodiscard]] static Augmentation of_frames(double strength, const FrameInput& form);
};

/// How each picture of a batch was moved.
struct Movement {
    struct Axis {
        double scale, shift;  ///< in = scale * out + shift, both in [-1, 1] across the picture
    };
    std::vector<Axis> x, y;  ///< of each picture

    /// Where a box comes to lie. @param width, height of the picture
    [[nodiscard]] Box of(std::size_t picture, const Box& box, double width, double height) const;
};

/// A changed copy of a batch, every crop by numbers of its own; what lies outside repeats the
/// border. A mirrored crop's place is mirrored too. Boxes are left out.
/// @return the same shapes, values channels-last
[[nodiscard]] NetworkInput augmented(const NetworkInput& batch, const Augmentation& amount,
                                     Random& random, Movement* movement = nullptr);

/// Of frames, their boxes with them.
[[nodiscard]] NetworkInput augmented_frames(const NetworkInput& inputs, const Augmentation& amount,
                                            Random& random);

}  // namespace ekya
