#pragma once
#include <cstdint>
#include <functional>
#include <utility>

#include "ekya/core/config.hpp"
#include "ekya/core/image.hpp"

namespace ekya {

/// One frame of a source. Its pixels are converted to BGR when they are first asked for: most
/// frames are neither sampled nor published nor searched, and cost no more than their decoding.
class Frame {
public:
    using Convert = std::function<void(FrameImage&)>;  ///< fills in all of the image

    std::int64_t index = 0;     ///< 0-based position in the source; see FrameSource
    Seconds time = 0;           ///< since the first frame; see FrameSourceOptions::live_start
    int width = 0, height = 0;  ///< in pixels

    /// The pixels, `width` x `height`. Valid until the frame is filled anew; not from two threads
    /// at once. A frame that no image() was asked of has none any more once its source has gone on
    /// to the next, or is gone.
    /// @throws what the source throws where its pixels cannot be converted
    [[nodiscard]] const FrameImage& image() const {
        if (convert_) {
            convert_(image_);
            convert_ = nullptr;
        }
        return image_;
    }

    /// Pixels that are there already.
    void set_image(FrameImage image) {
        width = image.width;
        height = image.height;
        image_ = std::move(image);
        convert_ = nullptr;
    }
    /// Pixels to be made on demand; the buffer of the image before is used again.
    void set_image(int width_in_pixels, int height_in_pixels, Convert convert) {
        width = width_in_pixels;
        height = height_in_pixels;
        convert_ = std::move(convert);
    }

private:
    mutable FrameImage image_;
    mutable Convert convert_;  // none = image_ is this frame's
};

}  // namespace ekya
