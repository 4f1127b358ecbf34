#pragma once
#include <functional>
#include <vector>

#include "ekya/core/doctor_report.hpp"
#include "ekya/core/image.hpp"
#include "ekya/core/window.hpp"

namespace ekya {

/// What one look at a camera shows.
struct CameraCheck {
    CameraReport report;
    std::vector<FrameImage> frames;  ///< a few, spread over the look; none if it has a problem
};

/// Into the report: what the object crops of a day take, if all frames are like those looked at.
/// @param crop_size side of the crops, pixels   @param sample_every crops are kept of every n-th
/// frame; >= 1
void estimate_growth(CameraReport& report, int crop_size, int sample_every);

/// Opens a camera, once, and watches it for a while; its annotations are read if it has some. What
/// is wrong is in the report.
/// @param limit seconds to wait for a frame; > 0   @param look seconds of video to watch; >= 0
/// @param cancelled true ends the wait
[[nodiscard]] CameraCheck check_camera(const StreamSource& stream, Seconds limit, Seconds look,
                                       const std::function<bool()>& cancelled = {});

}  // namespace ekya
