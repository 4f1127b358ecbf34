#pragma once
#include <string>

#include "ekya/core/image.hpp"
#include "ekya/core/serving.hpp"

namespace ekya {

struct PictureOptions {
    int most_width = 1280;  ///< pixels; a wider frame is scaled down, one below 640 up; > 0
    int quality = 80;       ///< of the JPEG; in [1, 100]
};

/// A frame as people see it, as a JPEG: the answered boxes with class and score, and a line with
/// the stream, model and time. Characters that OpenCV's font lacks, all beyond ASCII, are "?".
/// @param answer null: the frame alone
/// @param caption for the line; with an answer, put in front of its model and time
/// @throws DomainError if the image's bytes do not fit its size
[[nodiscard]] std::string annotated_jpeg(const FrameImage& frame, const FrameAnswer* answer,
                                         const std::string& caption,
                                         const PictureOptions& options = {});

/// A grey picture with a line of text, where there is no frame.
[[nodiscard]] std::string text_jpeg(const std::string& text, int width = 480, int height = 270);

}  // namespace ekya
