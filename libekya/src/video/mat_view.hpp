// OpenCV's view of our images, without a copy.
#pragma once

#include <opencv2/core.hpp>
#include <string>

#include "ekya/core/errors.hpp"
#include "ekya/core/image.hpp"

namespace ekya {

/// A header over the pixels of `image`; to be read only, valid as long as they are.
/// @throws DomainError if the image is empty or its bytes do not fit its size
inline cv::Mat mat_view(const FrameImage& image) {
    if (image.width <= 0 || image.height <= 0 ||
        image.bgr.size() !=
            static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3) {
        throw DomainError("image: " + std::to_string(image.bgr.size()) + " bytes do not make " +
                          std::to_string(image.width) + " x " + std::to_string(image.height) +
                          " BGR pixels");
    }
    return {image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.bgr.data())};
}

}  // namespace ekya
