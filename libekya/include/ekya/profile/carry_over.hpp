#pragma once
#include <span>
#include <vector>

#include "ekya/core/window.hpp"

namespace ekya {

/// What is left of accuracy when only every k-th frame is analysed and results carry over to the
/// frames between: the share of all objects that find a box in the last analysed frame with an IoU
/// of at least 0.3. A class carried over could at best be right for these. Needs boxes alone, no
/// network.
/// @param frames of one window, in order; frames 0, k, 2k ... of them are analysed
/// @return in [0, 1]; 1 for a stride of 1, or if there are no objects
/// @throws DomainError if stride < 1
/// Ours: the paper measures relative accuracy with labels (§3.1); boxes alone give an upper bound
/// of it.
[[nodiscard]] double carried_over(std::span<const FrameObjects> frames, int stride);

/// The same for several strides.
[[nodiscard]] std::vector<double> carried_over(std::span<const FrameObjects> frames,
                                               std::span<const int> strides);

}  // namespace ekya
