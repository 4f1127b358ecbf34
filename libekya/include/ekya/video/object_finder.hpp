#pragma once
#include <memory>
#include <string>
#include <vector>

#include "ekya/core/box.hpp"
#include "ekya/video/annotations.hpp"
#include "ekya/video/frame_source.hpp"
#include "ekya/video/onnx_detector.hpp"

namespace ekya {

/// Says where the objects of a frame are; not what they are.
class ObjectFinder {
public:
    virtual ~ObjectFinder() = default;
    /// Boxes inside the frame, none empty. Frames come in order.
    [[nodiscard]] virtual std::vector<Box> find(const Frame& frame) = 0;
    /// For WindowManifest::objects_from: annotations, detector, motion, frame or model.
    [[nodiscard]] virtual std::string name() const = 0;
};

/// The boxes of the ground truth, in its order; none where the frame has none.
/// find() throws InputError naming file and line if a box lies completely outside the frame (see
/// check_inside()).
[[nodiscard]] std::unique_ptr<ObjectFinder> annotation_finder(AnnotationTable table);

/// What a detector finds, of whatever class.
/// @param min_area  smallest box kept, pixels squared
[[nodiscard]] std::unique_ptr<ObjectFinder> detector_finder(OnnxDetector detector,
                                                            double min_area = 0);

/// Motion of a fixed camera.
struct MotionOptions {
    int width = 320;  ///< frames wider than this are shrunk to it before the comparison; >= 16
    double min_area = 0.002;  ///< smallest box, as share of the frame; in [0, 1]
    double max_area = 0.6;  ///< larger ones are a change of light, not an object; in [min_area, 1]
    int history = 250;      ///< frames that the background remembers; >= 1
    double threshold = 16;  ///< squared distance from the background in its deviations; > 0
    int warm_up = 10;       ///< frames before the first boxes: the background must settle; >= 0
};

/// Connected regions that differ from the background (a mixture of Gaussians for each pixel),
/// smallest gaps closed. Deterministic: the same frames give the same boxes. Source: Zivkovic,
/// "Improved adaptive Gaussian mixture model for background subtraction", ICPR 2004; OpenCV's MOG2.
/// @throws DomainError naming the option that is out of range
[[nodiscard]] std::unique_ptr<ObjectFinder> motion_finder(MotionOptions options = {});

/// One box: the whole frame (classification of scenes).
[[nodiscard]] std::unique_ptr<ObjectFinder> frame_finder();

/// No box ever: the model that serves finds the objects itself (detection).
[[nodiscard]] std::unique_ptr<ObjectFinder> no_finder();

}  // namespace ekya
