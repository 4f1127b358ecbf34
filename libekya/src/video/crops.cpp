#include "ekya/video/crops.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>

#include "ekya/core/errors.hpp"
#include "mat_view.hpp"

namespace ekya {
namespace {

Box inside(const Box& box, const FrameImage& image) {
    const Box clipped = clip(box, image.width, image.height);
    if (!(clipped.area() > 0)) {  // NaN too
        throw DomainError("box: [" + std::to_string(box.x0) + ", " + std::to_string(box.y0) + ", " +
                          std::to_string(box.x1) + ", " + std::to_string(box.y1) +
                          "] has no part in the frame of " + std::to_string(image.width) + " x " +
                          std::to_string(image.height) + " pixels");
    }
    return clipped;
}

cv::Rect square_around(const Box& box, double margin) {
    const double side =
        std::max(1.0, std::round(std::max(box.width(), box.height()) * (1 + 2 * margin)));
    const double left = std::round((box.x0 + box.x1 - side) / 2);
    const double top = std::round((box.y0 + box.y1 - side) / 2);
    return {static_cast<int>(left), static_cast<int>(top), static_cast<int>(side),
            static_cast<int>(side)};
}

// The region of the frame, its border repeated where the region leaves it. Copies only in that
// case.
cv::Mat cut(const cv::Mat& frame, const cv::Rect& region) {
    // A box of less than a pixel at the border can round to a square just outside: keep one row and
    // column to repeat.
    const int left = std::clamp(region.x, 0, frame.cols - 1);
    const int top = std::clamp(region.y, 0, frame.rows - 1);
    const int right = std::clamp(region.x + region.width, left + 1, frame.cols);
    const int bottom = std::clamp(region.y + region.height, top + 1, frame.rows);
    const cv::Mat seen = frame(cv::Rect(left, top, right - left, bottom - top));
    if (seen.cols == region.width && seen.rows == region.height) {
        return seen;
    }
    const int before_x = std::clamp(left - region.x, 0, region.width - seen.cols);
    const int before_y = std::clamp(top - region.y, 0, region.height - seen.rows);
    cv::Mat padded;
    cv::copyMakeBorder(seen, padded, before_y, region.height - seen.rows - before_y, before_x,
                       region.width - seen.cols - before_x,
                       cv::BORDER_REPLICATE | cv::BORDER_ISOLATED);
    return padded;
}

}  // namespace

void append_crops(const FrameImage& image, std::span<const Box> boxes, int size, CropBatch& out,
                  double margin) {
    if (size <= 0) {
        throw DomainError("size: " + std::to_string(size) + " is not a number of pixels above 0");
    }
    if (out.count() > 0 && out.size != size) {
        throw DomainError("size: " + std::to_string(size) + " differs from the " +
                          std::to_string(out.size) + " of the crops before");
    }
    require_in_range("margin", margin, 0, 1);
    const cv::Mat frame = mat_view(image);
    std::vector<cv::Rect> regions;
    std::vector<FramePlace> places;
    for (const auto& box : boxes) {
        const Box clipped = inside(box, image);
        regions.push_back(square_around(clipped, margin));
        places.push_back(place_of(clipped, image.width, image.height));
    }

    out.size = size;
    out.places.insert(out.places.end(), places.begin(), places.end());
    std::size_t end = out.rgb.size();
    out.rgb.resize(end + boxes.size() * out.bytes_per_crop());
    cv::Mat resized;
    for (const auto& region : regions) {
        cv::resize(cut(frame, region), resized, {size, size}, 0, 0,
                   region.width > size ? cv::INTER_AREA : cv::INTER_LINEAR);
        cv::Mat crop(size, size, CV_8UC3, out.rgb.data() + end);
        cv::cvtColor(resized, crop, cv::COLOR_BGR2RGB);
        end += out.bytes_per_crop();
    }
}

}  // namespace ekya
