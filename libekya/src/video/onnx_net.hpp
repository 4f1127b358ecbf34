// An ONNX network in OpenCV, with our errors.
#pragma once

#include <filesystem>
#include <opencv2/dnn.hpp>

#include "ekya/core/onnx_shapes.hpp"

namespace ekya {

class OnnxNet {
public:
    /// @param threads  of OpenCV, for the whole process; 0 = as it is
    /// @throws InputError naming the file; also unless it has one image input [N, 3, H, W]
    OnnxNet(const std::filesystem::path& model, int threads);

    /// The first output. @throws InputError naming the file if the network cannot be run on this
    /// input
    [[nodiscard]] cv::Mat run(const cv::Mat& input);
    /// As declared; 0 = open.
    [[nodiscard]] const OnnxShape& input_shape() const { return input_shape_; }
    [[nodiscard]] const std::filesystem::path& file() const { return file_; }

private:
    std::filesystem::path file_;
    OnnxShape input_shape_;
    cv::dnn::Net net_;
};

}  // namespace ekya
