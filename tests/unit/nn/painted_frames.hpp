#pragma once
#include <algorithm>
#include <memory>

#include "ekya/core/samples.hpp"
#include "random.hpp"

namespace ekya::test {

/// Noisy frames with one to three objects of two classes apart from each other: flat reddish ones
/// and upright greenish ones.
inline LabelledFrames painted_frames(int count, std::uint64_t seed, int width = 128,
                                     int height = 96) {
    Random random(seed, 98);
    LabelledFrames frames;
    for (int i = 0; i < count; ++i) {
        auto image = std::make_shared<FrameImage>();
        image->width = width;
        image->height = height;
        image->bgr.resize(std::size_t{3} * width * height);
        for (auto& value : image->bgr)
            value = static_cast<std::uint8_t>(90 + random.uniform(-30, 30));
        std::vector<TargetBox> boxes;
        const auto objects = 1 + random.below(3);
        for (std::int64_t object = 0; object < objects; ++object) {
            const int label = static_cast<int>(random.below(2));
            const double w = label == 0 ? 30 : 16, h = label == 0 ? 16 : 30;
            const double column = width * static_cast<double>(object) / 3;
            const double x = column + random.uniform(0, width / 3.0 - w),
                         y = random.uniform(0, height - h);
            const Box box{std::floor(x), std::floor(y), std::floor(x) + w, std::floor(y) + h};
            for (int v = static_cast<int>(box.y0); v < static_cast<int>(box.y1); ++v)
                for (int u = static_cast<int>(box.x0); u < static_cast<int>(box.x1); ++u)
                    image->bgr[static_cast<std::size_t>(3 * (v * width + u) +
                                                        (label == 0 ? 2 : 1))] =
                        static_cast<std::uint8_t>(210 + random.uniform(-30, 30));
            boxes.push_back({box, label, false});
        }
        frames.images.push_back(std::move(image));
        frames.boxes.push_back(std::move(boxes));
    }
    return frames;
}

}  // namespace ekya::test
