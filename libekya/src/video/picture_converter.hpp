// Decoded pictures of any format to packed BGR of one size.
#pragma once

#include "ekya/core/image.hpp"
#include "ffmpeg.hpp"

namespace ekya {

/// Converts with the picture's own colour matrix (BT.601, BT.709, BT.2020) and range; where it
/// names no matrix, pictures of 720 lines and more are taken for BT.709, smaller ones for BT.601.
/// A picture that a device has decoded is fetched from its memory. Keeps one swscale context until
/// the input changes.
class PictureConverter {
public:
    /// @throws InputError if swscale cannot read the format
    void convert(const AVFrame& decoded, int width, int height, FrameImage& image);

private:
    void prepare(const AVFrame& picture, int width, int height);
    const AVFrame& in_memory(const AVFrame& picture);

    struct Input {
        int width = 0, height = 0, format = -1, matrix = -1, full_range = -1, to_width = 0,
            to_height = 0;
        friend bool operator==(const Input&, const Input&) = default;
    };
    Input input_;
    ffmpeg::Owned<SwsContext> context_;
    ffmpeg::Owned<AVFrame> fetched_;  // a picture that lay in a device's memory
    ffmpeg::Owned<AVFrame>
        padded_;  // where rows do not end on the boundary that swscale writes up to
};

}  // namespace ekya
