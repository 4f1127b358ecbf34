#include "detector_layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr std::array<std::pair<DetectorLayout, const char*>, 5> names{
    {{DetectorLayout::fastestdet, "fastestdet"},
     {DetectorLayout::yolov5, "yolov5"},
     {DetectorLayout::yolov8, "yolov8"},
     {DetectorLayout::yolox, "yolox"},
     {DetectorLayout::ssd, "ssd"}}};
constexpr std::array<int, 3> strides{8, 16, 32};  // pixels of the input for a cell
constexpr int grey = 114;                         // around a frame that does not fill the input
constexpr int ssd_row = 7;  // image, class (0 = background), score, box in parts of the frame

double sigmoid(double value) { return 1 / (1 + std::exp(-value)); }

int cells(cv::Size input) {
    int sum = 0;
    for (const int stride : strides) sum += (input.width / stride) * (input.height / stride);
    return sum;
}

/// Where a box in pixels of the input lies in the frame.
Box in_frame(double x0, double y0, double x1, double y1, const PreparedFrame& f) {
    return {(x0 - f.offset_x) / f.scale_x, (y0 - f.offset_y) / f.scale_y,
            (x1 - f.offset_x) / f.scale_x, (y1 - f.offset_y) / f.scale_y};
}

Box around(double x, double y, double width, double height, const PreparedFrame& f) {
    return in_frame(x - width / 2, y - height / 2, x + width / 2, y + height / 2, f);
}

/// The class with the highest value, by a function of its index.
template <typename Value> std::pair<int, double> best_class(int classes, Value value) {
    std::pair<int, double> best{0, value(0)};
    for (int k = 1; k < classes; ++k)
        if (const double v = value(k); v > best.second) best = {k, v};
    return best;
}

std::vector<RawDetection> fastestdet(const cv::Mat& output, cv::Size frame, double min_score) {
    const int rows = output.size[2], columns = output.size[3], classes = output.size[1] - 5;
    const auto at = [&](int channel, int row, int column) {
        return static_cast<double>(output.ptr<float>(0, channel, row)[column]);
    };
    std::vector<RawDetection> found;
    for (int row = 0; row < rows; ++row)
        for (int column = 0; column < columns; ++column) {
            const double objectness = std::pow(at(0, row, column), 0.6);
            if (!(objectness >= min_score)) continue;  // the class can only lower the score
            const auto [k, probability] =
                best_class(classes, [&](int c) { return at(5 + c, row, column); });
            const double score = objectness * std::pow(probability, 0.4);
            if (!(score >= min_score)) continue;
            const double x = (column + std::tanh(at(1, row, column))) / columns * frame.width;
            const double y = (row + std::tanh(at(2, row, column))) / rows * frame.height;
            const double half_width = sigmoid(at(3, row, column)) * frame.width / 2;
            const double half_height = sigmoid(at(4, row, column)) * frame.height / 2;
            found.push_back(
                {{x - half_width, y - half_height, x + half_width, y + half_height}, k, score});
        }
    return found;
}

std::vector<RawDetection> yolov5(const cv::Mat& output, const PreparedFrame& f, double min_score) {
    std::vector<RawDetection> found;
    for (int i = 0; i < output.size[1]; ++i) {
        const float* row = output.ptr<float>(0, i);
        if (!(row[4] >= min_score)) continue;
        const auto [k, probability] =
            best_class(output.size[2] - 5, [&](int c) { return static_cast<double>(row[5 + c]); });
        const double score = row[4] * probability;
        if (score >= min_score)
            found.push_back({around(row[0], row[1], row[2], row[3], f), k, score});
    }
    return found;
}

std::vector<RawDetection> yolov8(const cv::Mat& output, const PreparedFrame& f, double min_score) {
    const auto at = [&](int channel, int i) {
        return static_cast<double>(output.ptr<float>(0, channel)[i]);
    };
    std::vector<RawDetection> found;
    for (int i = 0; i < output.size[2]; ++i) {
        const auto [k, score] = best_class(output.size[1] - 4, [&](int c) { return at(4 + c, i); });
        if (score >= min_score)
            found.push_back({around(at(0, i), at(1, i), at(2, i), at(3, i), f), k, score});
    }
    return found;
}

/// Centres are offsets in cells, sizes logarithms of cells; cells of stride 8 come first, by rows.
std::vector<RawDetection> yolox(const cv::Mat& output, cv::Size input, const PreparedFrame& f,
                                double min_score) {
    std::vector<RawDetection> found;
    int i = 0;
    for (const int stride : strides)
        for (int row = 0; row < input.height / stride; ++row)
            for (int column = 0; column < input.width / stride; ++column, ++i) {
                const float* row_of_cell = output.ptr<float>(0, i);
                const auto values = [row_of_cell](int c) {
                    return static_cast<double>(row_of_cell[c]);
                };
                const auto [k, probability] =
                    best_class(output.size[2] - 5, [&](int c) { return values(5 + c); });
                const double score = values(4) * probability;
                if (!(score >= min_score)) continue;
                found.push_back(
                    {around((values(0) + column) * stride, (values(1) + row) * stride,
                            std::exp(values(2)) * stride, std::exp(values(3)) * stride, f),
                     k, score});
            }
    return found;
}

std::vector<RawDetection> ssd(const cv::Mat& output, cv::Size frame, double min_score) {
    std::vector<RawDetection> found;
    for (int i = 0; i < output.size[2]; ++i) {
        const float* values = output.ptr<float>(0, 0, i);
        const auto row = [values](int c) { return static_cast<double>(values[c]); };
        const int k = static_cast<int>(row(1)) - 1;
        if (row(0) < 0 || k < 0 || !(row(2) >= min_score)) continue;
        found.push_back({{row(3) * frame.width, row(4) * frame.height, row(5) * frame.width,
                          row(6) * frame.height},
                         k,
                         row(2)});
    }
    return found;
}

}  // namespace

DetectorLayout detector_layout_from(const std::string& name) {
    for (const auto& [layout, text] : names)
        if (name == text) return layout;
    throw ConfigError("teacher layout: \"" + name + "\" is not one of " + detector_layout_names());
}

std::string detector_layout_names() {
    std::string all;
    for (const auto& [layout, text] : names) all += (all.empty() ? "" : ", ") + std::string(text);
    return all;
}

std::optional<DetectorLayout> layout_of(const std::vector<int>& shape, cv::Size input) {
    if (shape.size() == 4 && shape[1] == 1 && shape[3] == ssd_row) return DetectorLayout::ssd;
    if (shape.size() == 4 && shape[0] == 1 && shape[1] > 5) return DetectorLayout::fastestdet;
    if (shape.size() != 3 || shape[0] != 1) return std::nullopt;
    if (shape[2] > shape[1]) return DetectorLayout::yolov8;
    if (shape[1] == 3 * cells(input)) return DetectorLayout::yolov5;
    if (shape[1] == cells(input)) return DetectorLayout::yolox;
    return std::nullopt;
}

std::optional<int> classes_in(DetectorLayout layout, const std::vector<int>& shape) {
    const auto above = [](int channels, int boxes) {
        return channels > boxes ? std::optional(channels - boxes) : std::nullopt;
    };
    switch (layout) {
        case DetectorLayout::fastestdet:
            return shape.size() == 4 && shape[0] == 1 ? above(shape[1], 5) : std::nullopt;
        case DetectorLayout::yolov5:
        case DetectorLayout::yolox:
            return shape.size() == 3 && shape[0] == 1 ? above(shape[2], 5) : std::nullopt;
        case DetectorLayout::yolov8:
            return shape.size() == 3 && shape[0] == 1 ? above(shape[1], 4) : std::nullopt;
        case DetectorLayout::ssd:
            return shape.size() == 4 && shape[3] == ssd_row ? std::optional(0) : std::nullopt;
    }
    return std::nullopt;
}

PreparedFrame prepare_frame(DetectorLayout layout, const cv::Mat& bgr, cv::Size input) {
    PreparedFrame frame;
    cv::Mat picture;
    if (layout == DetectorLayout::fastestdet || layout == DetectorLayout::ssd) {
        cv::resize(bgr, picture, input, 0, 0, cv::INTER_AREA);
        frame.scale_x = static_cast<double>(input.width) / bgr.cols;
        frame.scale_y = static_cast<double>(input.height) / bgr.rows;
    } else {
        const double scale = std::min(static_cast<double>(input.width) / bgr.cols,
                                      static_cast<double>(input.height) / bgr.rows);
        const cv::Size size(std::max(1, static_cast<int>(std::lround(bgr.cols * scale))),
                            std::max(1, static_cast<int>(std::lround(bgr.rows * scale))));
        picture = cv::Mat(input, CV_8UC3, cv::Scalar::all(grey));
        const bool centred = layout != DetectorLayout::yolox;
        const cv::Point place(centred ? (input.width - size.width) / 2 : 0,
                              centred ? (input.height - size.height) / 2 : 0);
        cv::Mat part = picture(cv::Rect(place, size));
        cv::resize(bgr, part, size, 0, 0, cv::INTER_AREA);
        frame.scale_x = frame.scale_y = scale;
        frame.offset_x = place.x;
        frame.offset_y = place.y;
    }
    switch (layout) {
        case DetectorLayout::fastestdet:
            cv::dnn::blobFromImage(picture, frame.blob, 1.0 / 255);
            break;
        case DetectorLayout::yolov5:
        case DetectorLayout::yolov8:
            cv::dnn::blobFromImage(picture, frame.blob, 1.0 / 255, {}, {}, true);
            break;
        case DetectorLayout::yolox:
            cv::dnn::blobFromImage(picture, frame.blob);
            break;
        case DetectorLayout::ssd:
            cv::dnn::blobFromImage(picture, frame.blob, 1.0 / 127.5, {}, cv::Scalar::all(127.5),
                                   true);
            break;
    }
    return frame;
}

std::vector<RawDetection> candidates(DetectorLayout layout, const cv::Mat& output, cv::Size input,
                                     const PreparedFrame& frame, cv::Size frame_size,
                                     double min_score) {
    switch (layout) {
        case DetectorLayout::fastestdet:
            return fastestdet(output, frame_size, min_score);
        case DetectorLayout::yolov5:
            return yolov5(output, frame, min_score);
        case DetectorLayout::yolov8:
            return yolov8(output, frame, min_score);
        case DetectorLayout::yolox:
            return yolox(output, input, frame, min_score);
        case DetectorLayout::ssd:
            return ssd(output, frame_size, min_score);
    }
    return {};
}

}  // namespace ekya
