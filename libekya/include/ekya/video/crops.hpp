#pragma once
#include <span>

#include "ekya/core/box.hpp"
#include "ekya/core/image.hpp"

namespace ekya {

/// Appends one square RGB crop for each box, and where it is in the frame. The region is the square
/// on the centre of the box (clipped to the frame) with side max(width, height) * (1 + 2 * margin),
/// so objects keep their aspect ratio; where it leaves the frame, the border is repeated. Shrunk by
/// area means, enlarged bilinearly. The same input gives the same bytes.
/// @param size    side of the crops in pixels; > 0 and that of `out` unless that is empty
/// @param margin  seen around the box on each side, as share of its longer side; in [0, 1]
/// @throws DomainError if an argument is out of range or a box lies outside the frame; `out` is
/// unchanged then
void append_crops(const FrameImage& image, std::span<const Box> boxes, int size, CropBatch& out,
                  double margin = 0.05);

}  // namespace ekya
