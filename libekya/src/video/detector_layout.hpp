// How detectors in ONNX see a frame and write what they find.
#pragma once

#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/box.hpp"

namespace ekya {

/// Families of detectors, by how their output is laid out. R x C cells or N candidates, K classes.
enum class DetectorLayout {
    fastestdet,  ///< [1, 5 + K, R, C]; the frame stretched, BGR in [0, 1]
    yolov5,      ///< [1, N, 5 + K], N = 3 boxes a cell; letterboxed, RGB in [0, 1]; YOLOv7 too
    yolov8,      ///< [1, 4 + K, N]; letterboxed, RGB in [0, 1]; YOLOv9, YOLO11 too
    yolox,       ///< [1, N, 5 + K], N = 1 box a cell; at the top left, BGR in [0, 255]
    ssd          ///< [1, 1, N, 7], OpenCV's DetectionOutput; stretched, RGB in [-1, 1]
};

/// @throws ConfigError for a name that is none of the above
[[nodiscard]] DetectorLayout detector_layout_from(const std::string& name);
[[nodiscard]] std::string detector_layout_names();

/// What an output of this shape is; none if it is no layout that is known.
/// @param input size of the network's input
[[nodiscard]] std::optional<DetectorLayout> layout_of(const std::vector<int>& shape,
                                                      cv::Size input);
/// Classes of a network whose output has this shape; none if its shape is not the layout's. SSD
/// does not say: 0.
[[nodiscard]] std::optional<int> classes_in(DetectorLayout layout, const std::vector<int>& shape);

/// A frame as the network sees it, and the way back.
struct PreparedFrame {
    cv::Mat blob;
    double scale_x = 1, scale_y = 1;    ///< pixels of the input for one of the frame
    double offset_x = 0, offset_y = 0;  ///< of the frame in the input
};
[[nodiscard]] PreparedFrame prepare_frame(DetectorLayout layout, const cv::Mat& bgr,
                                          cv::Size input);

/// One box that a detector answered, in pixels of the frame, not clipped.
struct RawDetection {
    Box box;
    int class_index = 0;
    double score = 0;
};
/// All candidates with at least this score, in any order.
[[nodiscard]] std::vector<RawDetection> candidates(DetectorLayout layout, const cv::Mat& output,
                                                   cv::Size input, const PreparedFrame& frame,
                                                   cv::Size frame_size, double min_score);

}  // namespace ekya
