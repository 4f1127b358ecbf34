#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ekya/core/box.hpp"
#include "ekya/core/image.hpp"

namespace ekya {

/// An object a detector found.
struct Detection {
    Box box;  ///< inside the frame
    std::string class_name;
    double score = 0;  ///< in [0, 1]
};

/// How an OnnxDetector decides.
struct OnnxDetectorOptions {
    std::filesystem::path names =
        {};  ///< class names, one a line; empty = the only *.names file beside the model
    double min_score = 0.65;  ///< in [0, 1]; 0.65 as in the source's example
    double max_overlap =
        0.45;  ///< IoU above which the weaker of two boxes goes, whatever their classes; in [0, 1]
    int threads = 0;              ///< of OpenCV, for the whole process; 0 = as it is
    std::string layout = "auto";  ///< fastestdet, yolov5, yolov8, yolox, ssd; auto = as the
                                  ///< output's shape says
};

/// A one-stage detector in ONNX, run by OpenCV: one image input [1, 3, H, W] float32, one output in
/// one of these layouts.
/// - fastestdet: [1, 5 + classes, rows, columns]: objectness, raw centre x and y, raw width and
///   height, class probabilities. Score = objectness^0.6 * probability^0.4. Source: FastestDet,
///   github.com/dog-qiuqiu/FastestDet, example/onnx-runtime (2022).
/// - yolov5: [1, boxes, 5 + classes], yolov8 (9, 11): [1, 4 + classes, boxes]: centre and size in
///   pixels of the input, (objectness,) class probabilities, as Ultralytics exports them.
/// - yolox: [1, boxes, 5 + classes], one box a cell of 8, 16 and 32 pixels, not decoded.
/// - ssd: [1, 1, boxes, 7], what OpenCV's DetectionOutput gives.
class OnnxDetector {
public:
    /// @throws InputError if model or names cannot be read or do not fit each other
    /// @throws DomainError naming the option that is out of range, ConfigError for a layout that is
    /// not known
    explicit OnnxDetector(const std::filesystem::path& model, OnnxDetectorOptions options = {});
    ~OnnxDetector();
    OnnxDetector(OnnxDetector&&) noexcept;
    OnnxDetector& operator=(OnnxDetector&&) noexcept;

    /// Objects by falling score. Not for two threads at once.
    [[nodiscard]] std::vector<Detection> detect(const FrameImage& image);
    [[nodiscard]] const std::vector<std::string>& classes() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ekya
