#pragma once
#include <span>
#include <vector>

#include "ekya/core/window.hpp"

namespace ekya {

/// What is left of F1 when only every k-th frame is analysed and answers carry over to the frames
/// between, from the frames that are labelled: how well the objects of one stand for those of
/// another some frames later, over all pairs with that distance, is interpolated and drawn to fall
/// with the distance; a stride k has the distances 0 to k - 1 alike.
/// @return for each stride, in [0, 1]; without two labelled frames that hold objects a fifth is
/// taken to be lost from frame to frame
/// @throws InputError for a label of a frame that the window has not
/// Ours: the paper measures relative accuracy with labels of all frames (§3.1).
[[nodiscard]] std::vector<double> carried_frames(const WindowManifest& window,
                                                 const std::vector<FrameLabel>& labels,
                                                 std::span<const int> strides);

}  // namespace ekya
