#pragma once
#include <torch/torch.h>

#include <span>
#include <vector>

#include "ekya/core/samples.hpp"
#include "ekya/device/kernels.hpp"
#include "program.hpp"

namespace ekya {

/// Where a frame lies in a network's input of width x height pixels: as large as fits, its aspect
/// kept, centred; or stretched to all of it.
class FrameFit {
public:
    FrameFit(int frame_width, int frame_height, int width, int height, bool stretched);
    /// From pixels of the frame to pixels of the input.
    [[nodiscard]] Box into(const Box& box) const;
    /// And back, cut at the frame's border.
    [[nodiscard]] Box back(const Box& box) const;
    [[nodiscard]] const Patch& patch() const { return patch_; }

private:
    Patch patch_;
    double frame_width_, frame_height_;
};

/// Frames of any size as [N, 3, height, width] float32, channels-last, RGB, what they do not cover
/// grey.
[[nodiscard]] torch::Tensor frame_tensor(std::span<const FrameImage* const> frames, int width,
                                         int height, const FrameInput& form,
                                         const torch::Device& device);

}  // namespace ekya
