#pragma once
#include <functional>
#include <string>
#include <vector>

#include "ekya/core/image.hpp"
#include "ekya/video/onnx_detector.hpp"

namespace ekya {

/// How dear a golden detector is run on a frame.
enum class TeacherEffort {
    once,   ///< the frame as it is
    flip,   ///< also mirrored: 2 looks
    tiles,  ///< also 2 x 2 tiles, in which small objects are larger: 5 looks
    full    ///< also 2 x 2 larger tiles, all of these also mirrored: 18 looks
};
/// @throws DomainError for a name that is not once, flip, tiles or full
[[nodiscard]] TeacherEffort teacher_effort_from(const std::string& name);

/// A part of a frame, pixels; x1 and y1 are exclusive.
struct Look {
    int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    bool mirrored = false;  ///< left and right changed
    friend bool operator==(const Look&, const Look&) = default;
};

/// The whole frame first. Tiles have 4/7 of its sides, so they overlap by a quarter; the larger
/// ones 3/4. There are none in frames in which they were smaller than 32 pixels.
[[nodiscard]] std::vector<Look> looks_of(TeacherEffort effort, int width, int height);

using Detect = std::function<std::vector<Detection>(const FrameImage&)>;

/// What a detector finds in all looks at a frame, as boxes inside it, by falling score. Boxes that
/// end at the border of a tile inside the frame are left out: the object may be cut there, and
/// another look has it whole. The others are fused (fuse_boxes()); then weaker ones that overlap a
/// stronger one by more than max_overlap go.
/// Source: tiles: slicing aided hyper inference (Akyon et al., ICIP 2022).
[[nodiscard]] std::vector<Detection> detect_with_effort(const Detect& detect,
                                                        const FrameImage& image,
                                                        TeacherEffort effort,
                                                        double max_overlap = 0.45);

}  // namespace ekya
