#include "ekya/core/image.hpp"

#include <string>

#include "ekya/core/errors.hpp"

namespace ekya {

FramePlace place_of(const Box& box, int frame_width, int frame_height) {
    if (frame_width < 1 || frame_height < 1)
        throw DomainError("frame: " + std::to_string(frame_width) + " x " +
                          std::to_string(frame_height) + " pixels have no area");
    return {static_cast<float>((box.x0 + box.x1) / 2 / frame_width),
            static_cast<float>((box.y0 + box.y1) / 2 / frame_height),
            static_cast<float>(box.width() / frame_width),
            static_cast<float>(box.height() / frame_height)};
}

void CropBatch::append(const CropBatch& from, std::size_t index) {
    if (count() == 0) size = from.size;
    if (size != from.size)
        throw DomainError("crops: of " + std::to_string(from.size) + " pixels, the others have " +
                          std::to_string(size));
    if (count() > 0 && places.empty() != from.places.empty())
        throw DomainError("crops: only some of them know their place in the frame");
    const auto pixels = from.crop(index);
    rgb.insert(rgb.end(), pixels.begin(), pixels.end());
    if (!from.places.empty()) places.push_back(from.places[index]);
}

}  // namespace ekya
