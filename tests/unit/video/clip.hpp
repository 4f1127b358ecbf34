// Small videos whose frames carry their number in the picture.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/image.hpp"

namespace ekya::test {

inline constexpr int clip_width = 320, clip_height = 96;

/// A picture that says `number` (0 to 255) in eight black or white blocks, over a moving pattern.
[[nodiscard]] FrameImage numbered_image(int number, int width = clip_width,
                                        int height = clip_height);
/// The number; none if the blocks are not clear.
[[nodiscard]] std::optional<int> number_in(const FrameImage& image);

struct Clip {
    std::string codec = "mpeg4";  ///< or libx264, mjpeg
    int frames = 50;
    int fps = 25;
    int key_frame_every = 10;
    int b_frames = 0;
    bool bt709 = false;                                  ///< marked and converted so; else BT.601
    std::function<FrameImage(int)> image = {};           ///< none = numbered_image
    std::function<std::int64_t(int)> milliseconds = {};  ///< timestamps; none = number / fps
};

[[nodiscard]] bool has_encoder(const std::string& codec);
/// libx264, or mpeg4 where FFmpeg was built without.
[[nodiscard]] std::string h264_if_possible();
/// Encodes into the container that the file's extension names; mp4 with its index at the front.
void write_clip(const std::string& file, const Clip& clip = {});

}  // namespace ekya::test
