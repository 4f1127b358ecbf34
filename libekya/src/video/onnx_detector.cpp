#include "ekya/video/onnx_detector.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <sstream>
#include <utility>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "mat_view.hpp"
#include "onnx_net.hpp"

namespace ekya {
namespace {

constexpr int box_channels = 5;  // objectness, x, y, width, height; then the classes
constexpr int usual_side = 352;  // FastestDet's, where the model leaves it open

std::filesystem::path names_beside(const std::filesystem::path& model) {
    std::vector<std::filesystem::path> found;
    std::error_code error;
    const auto directory =
        model.parent_path().empty() ? std::filesystem::path(".") : model.parent_path();
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() == ".names") {
            found.push_back(entry->path());
        }
    }
    if (found.size() != 1) {
        throw InputError(
            model.string() + ": found " + std::to_string(found.size()) +
            " *.names files beside the model, expected one; name the file of class names");
    }
    return found.front();
}

std::vector<std::string> read_names(const std::filesystem::path& file) {
    std::istringstream lines(read_file(file));
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);) {
        line.erase(line.find_last_not_of(" \t\r") + 1);
        if (!line.empty()) {
            names.push_back(line);
        }
    }
    return names;
}

double sigmoid(double value) { return 1 / (1 + std::exp(-value)); }

/// Drops boxes that overlap a stronger one.
std::vector<Detection> without_doubles(std::vector<Detection> detections, double max_overlap) {
    std::stable_sort(detections.begin(), detections.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    std::vector<Detection> kept;
    for (auto& detection : detections) {
        const auto overlaps = [&](const Detection& stronger) {
            return iou(stronger.box, detection.box) > max_overlap;
        };
        const bool doubled = std::any_of(kept.begin(), kept.end(), overlaps);
        if (!doubled) {
            kept.push_back(std::move(detection));
        }
    }
    return kept;
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

    /// [1, 5 + classes, rows, columns] of an image; checked.
    cv::Mat output_for(const cv::Mat& image) {
        cv::Mat stretched, blob;
        cv::resize(image, stretched, input, 0, 0, cv::INTER_AREA);
        cv::dnn::blobFromImage(stretched, blob, 1.0 / 255);
        cv::Mat output = net.run(blob);
        if (output.dims != 4 || output.size[0] != 1 || output.size[1] <= box_channels ||
            output.type() != CV_32F) {
            OnnxShape shape;
            for (int i = 0; i < output.dims; ++i) {
                shape.push_back(output.size[i]);
            }
            throw InputError(net.file().string() + ": found output " + to_string(shape) +
                             ", expected [1, 5 + classes, rows, columns]");
        }
        return output;
    }

    OnnxDetectorOptions options;
    OnnxNet net;
    cv::Size input;
    std::vector<std::string> names;
};

OnnxDetector::OnnxDetector(const std::filesystem::path& model, OnnxDetectorOptions options) {
    require_in_range("min_score", options.min_score, 0, 1);
    require_in_range("max_overlap", options.max_overlap, 0, 1);
    state_ = std::make_unique<State>(model, std::move(options));
    const auto names_file =
        state_->options.names.empty() ? names_beside(model) : state_->options.names;
    state_->names = read_names(names_file);
    const cv::Mat output = state_->output_for(cv::Mat::zeros(state_->input, CV_8UC3));
    const auto classes = static_cast<std::size_t>(output.size[1] - box_channels);
    if (state_->names.size() != classes) {
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
    const cv::Mat output = state_->output_for(mat_view(image));
    const int rows = output.size[2], columns = output.size[3];
    const auto at = [&](int channel, int row, int column) {
        return static_cast<double>(output.ptr<float>(0, channel, row)[column]);
    };

    std::vector<Detection> detections;
    for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column) {
            const double objectness = std::pow(at(0, row, column), 0.6);
            if (!(objectness >= state_->options.min_score)) {
                continue;  // the class can only lower the score
            }
            int best = box_channels;
            for (int channel = box_channels + 1; channel < output.size[1]; ++channel) {
                best = at(channel, row, column) > at(best, row, column) ? channel : best;
            }
            const double score = objectness * std::pow(at(best, row, column), 0.4);
            if (!(score >= state_->options.min_score)) {
                continue;
            }
            const double x = (column + std::tanh(at(1, row, column))) / columns * image.width;
            const double y = (row + std::tanh(at(2, row, column))) / rows * image.height;
            const double half_width = sigmoid(at(3, row, column)) * image.width / 2;
            const double half_height = sigmoid(at(4, row, column)) * image.height / 2;
            const Box box = clip({x - half_width, y - half_height, x + half_width, y + half_height},
                                 image.width, image.height);
            if (box.area() > 0) {
                const auto& name = state_->names[static_cast<std::size_t>(best - box_channels)];
                detections.push_back({box, name, std::min(score, 1.0)});
            }
        }
    }
    return without_doubles(std::move(detections), state_->options.max_overlap);
}

}  // namespace ekya
