#include "ekya/video/onnx_detector.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "detector_layout.hpp"
#include "ekya/core/class_names_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/video/box_fusion.hpp"
#include "mat_view.hpp"
#include "onnx_net.hpp"

namespace ekya {
namespace {

constexpr int usual_side = 352;  // FastestDet's, where the model leaves it open

std::vector<int> shape_of(const cv::Mat& output) {
    return {output.size.p, output.size.p + output.dims};
}

}  // namespace

struct OnnxDetector::State {
    State(const std::filesystem::path& model, OnnxDetectorOptions given)
        : options(std::move(given)), net(model, options.threads) {
        const auto& shape = net.input_shape();
        const auto side = [](std::int64_t declared) {
            return declared > 0 ? static_cast<int>(declared) : usual_side;
        };
        input = {side(shape[3]), side(shape[2])};
    }

    /// Of a frame, as the layout wants it; checked.
    cv::Mat output_for(const PreparedFrame& frame) {
        cv::Mat output = net.run(frame.blob);
        const bool fits = output.type() == CV_32F && classes_in(layout, shape_of(output));
        if (!fits) refuse(output);
        return output;
    }

    /// The layout is told by the shape of what comes out, whatever goes in.
    void find_layout(const std::string& name) {
        if (!name.empty() && name != "auto") {
            layout = detector_layout_from(name);
            return;
        }
        const cv::Mat output =
            net.run(prepare_frame(layout, cv::Mat::zeros(input, CV_8UC3), input).blob);
        const auto found = layout_of(shape_of(output), input);
        if (!found) refuse(output);
        layout = *found;
    }

    [[noreturn]] void refuse(const cv::Mat& output) const {
        OnnxShape shape;
        for (const int size : shape_of(output)) shape.push_back(size);
        throw InputError(
            net.file().string() + ": found output " + to_string(shape) +
            ", which is none of the layouts that are known: fastestdet [1, 5 + "
            "classes, rows, columns], yolov5 and yolox [1, boxes, 5 + classes], yolov8 "
            "[1, 4 + classes, boxes], ssd [1, 1, boxes, 7]; name one with "
            "--teacher-layout");
    }

    OnnxDetectorOptions options;
    OnnxNet net;
    cv::Size input;
    DetectorLayout layout = DetectorLayout::fastestdet;
    std::vector<std::string> names;
};

OnnxDetector::OnnxDetector(const std::filesystem::path& model, OnnxDetectorOptions options) {
    require_in_range("min_score", options.min_score, 0, 1);
    require_in_range("max_overlap", options.max_overlap, 0, 1);
    state_ = std::make_unique<State>(model, std::move(options));
    const auto names_file =
        state_->options.names.empty() ? class_names_beside(model) : state_->options.names;
    state_->names = read_class_names(names_file);
    state_->find_layout(state_->options.layout);
    const cv::Mat output = state_->output_for(
        prepare_frame(state_->layout, cv::Mat::zeros(state_->input, CV_8UC3), state_->input));
    const auto classes = static_cast<std::size_t>(*classes_in(state_->layout, shape_of(output)));
    if (classes > 0 && state_->names.size() != classes) {
        throw InputError(names_file.string() + ": found " + std::to_string(state_->names.size()) +
                         " class names, expected " + std::to_string(classes) + " for " +
                         model.string());
    }
}

OnnxDetector::~OnnxDetector() = default;
OnnxDetector::OnnxDetector(OnnxDetector&&) noexcept = default;
OnnxDetector& OnnxDetector::operator=(OnnxDetector&&) noexcept = default;

const std::vector<std::string>& OnnxDetector::classes() const { return state_->names; }

std::vector<Detection> OnnxDetector::detect(const FrameImage& image) {
    const auto frame = prepare_frame(state_->layout, mat_view(image), state_->input);
    const cv::Mat output = state_->output_for(frame);
    std::vector<Detection> detections;
    for (const auto& found : candidates(state_->layout, output, state_->input, frame,
                                        {image.width, image.height}, state_->options.min_score)) {
        const Box box = clip(found.box, image.width, image.height);
        const auto k = static_cast<std::size_t>(found.class_index);
        if (!(box.area() > 0) || k >= state_->names.size()) continue;
        detections.push_back({box, state_->names[k], std::min(found.score, 1.0)});
    }
    return without_doubles(std::move(detections), state_->options.max_overlap);
}

}  // namespace ekya
