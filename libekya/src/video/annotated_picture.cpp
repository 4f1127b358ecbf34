#include "ekya/video/annotated_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr int font = cv::FONT_HERSHEY_SIMPLEX;
constexpr std::size_t most_text = 200;  // characters of one line
constexpr int least_width = 640;        // pixels, below which text would cover the picture

/// Colours that people with any colour vision tell apart (Okabe and Ito), BGR.
const std::array<cv::Scalar, 7> colours{cv::Scalar(0, 159, 230),  cv::Scalar(233, 180, 86),
                                        cv::Scalar(115, 158, 0),  cv::Scalar(66, 228, 240),
                                        cv::Scalar(178, 114, 0),  cv::Scalar(0, 94, 213),
                                        cv::Scalar(167, 121, 204)};

/// The same for a class in every picture, whatever other classes there are.
const cv::Scalar& colour_of(const std::string& class_name) {
    std::uint32_t hash = 2166136261U;  // FNV-1a
    for (const char c : class_name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
    return colours[hash % colours.size()];
}

std::string in_ascii(const std::string& utf8) {
    std::string text;
    for (const char c : utf8) {
        const auto byte = static_cast<std::uint8_t>(c);
        if ((byte & 0xC0U) == 0x80U) continue;  // goes on with a character
        text += byte >= 0x20 && byte < 0x7F ? c : '?';
        if (text.size() >= most_text) break;
    }
    return text;
}

/// On a ground of its own, so that it can be read on any picture.
void write(cv::Mat& picture, const std::string& text, cv::Point at, double scale,
           const cv::Scalar& ground, const cv::Scalar& ink) {
    int below = 0;
    const int thickness = scale > 0.8 ? 2 : 1;
    const auto size = cv::getTextSize(text, font, scale, thickness, &below);
    const int height = size.height + below + 4;
    at.x = std::clamp(at.x, 0, std::max(picture.cols - size.width - 4, 0));
    at.y = std::clamp(at.y, height, std::max(picture.rows, height));
    cv::rectangle(picture, cv::Rect(at.x, at.y - height, size.width + 4, height), ground,
                  cv::FILLED);
    cv::putText(picture, text, {at.x + 2, at.y - below - 2}, font, scale, ink, thickness,
                cv::LINE_AA);
}

void draw(cv::Mat& picture, const ClassifiedObject& object, double scaled, double text_scale) {
    const auto pixel = [&](double edge) {
        return static_cast<int>(std::lround(std::clamp(edge * scaled, -1e5, 1e5)));
    };
    const cv::Point from(pixel(object.box.x0), pixel(object.box.y0)),
        to(pixel(object.box.x1), pixel(object.box.y1));
    const auto& colour = colour_of(object.class_name);
    cv::rectangle(picture, from, to, colour, 2, cv::LINE_AA);
    const std::string text =
        in_ascii(object.class_name) + " " + std::to_string(std::lround(100 * object.score)) + "%";
    write(picture, text, {from.x, from.y}, text_scale, colour, {0, 0, 0});
}

std::string jpeg_of(const cv::Mat& picture, int quality) {
    std::vector<std::uint8_t> bytes;
    if (!cv::imencode(".jpg", picture, bytes, {cv::IMWRITE_JPEG_QUALITY, quality}))
        throw DomainError("a picture cannot be written as JPEG");
    return {bytes.begin(), bytes.end()};
}

}  // namespace

std::string annotated_jpeg(const FrameImage& frame, const FrameAnswer* answer,
                           const std::string& caption, const PictureOptions& options) {
    const auto expected = static_cast<std::size_t>(frame.width) * frame.height * 3;
    if (frame.width < 1 || frame.height < 1 || frame.bgr.size() != expected)
        throw DomainError("a frame whose bytes do not fit its size");
    const cv::Mat pixels(frame.height, frame.width, CV_8UC3,
                         const_cast<std::uint8_t*>(frame.bgr.data()));
    const double width = frame.width;
    const double scaled = std::clamp(1.0, std::min(least_width, options.most_width) / width,
                                     std::max(least_width, options.most_width) / width);
    cv::Mat picture;
    cv::resize(pixels, picture, {}, scaled, scaled, scaled < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
    const double text_scale = std::clamp(picture.cols / 1600.0, 0.35, 0.9);
    std::string line = in_ascii(caption);
    if (answer != nullptr) {
        for (const auto& object : answer->objects) draw(picture, object, scaled, text_scale);
        line += "  " + in_ascii(answer->utc) + "  " + in_ascii(answer->model);
    }
    write(picture, line, {0, picture.rows}, text_scale, {0, 0, 0}, {255, 255, 255});
    return jpeg_of(picture, options.quality);
}

std::string text_jpeg(const std::string& text, int width, int height) {
    cv::Mat picture(height, width, CV_8UC3, cv::Scalar(64, 64, 64));
    write(picture, in_ascii(text), {width / 16, height / 2}, 0.6, {64, 64, 64}, {255, 255, 255});
    return jpeg_of(picture, 80);
}

}  // namespace ekya
