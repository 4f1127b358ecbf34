#pragma once
#include <torch/torch.h>

#include <span>
#include <vector>

#include "ekya/core/samples.hpp"
#include "ekya/device/kernels.hpp"

namespace ekya {

/// Where a frame lies in a network's input of width x height pixels: as large as fits, its aspect
/// kept, centred.
class Letterbox {
public:
    Letterbox(int frame_width, int frame_height, int width, int height);
    /// From pixels of the frame to pixels of the input.
    [[nodiscard]] Box into(const Box& box) const;
    /// And back, cut at the frame's border.
    [[nodiscard]] Box back(const Box& box) const;
    [[nodiscard]] const Patch& patch() const { return patch_; }

private:
    Patch patch_;
    double frame_width_, frame_height_;
};

/// Frames of any size as [N, 3, height, width] float32, channels-last, RGB, letterboxed, what they
/// do not cover grey; each brought to mean 0 and deviation 1.
[[nodiscard]] torch::Tensor frame_tensor(std::span<const FrameImage* const> frames, int width,
                                         int height, const torch::Device& device);

/// What a detector puts out (zoo.hpp) as boxes in pixels of its input, for each picture: the peaks
/// of the classes' maps with at least this score, at most 300, without those that lie with an IoU
/// above 0.5 on a better one of their class; by falling score.
/// @param outputs [N, 4 + classes, h, w]
[[nodiscard]] std::vector<std::vector<ScoredBox>> boxes_of(const torch::Tensor& outputs,
                                                           double min_score);

}  // namespace ekya
