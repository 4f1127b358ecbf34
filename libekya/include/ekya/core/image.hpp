#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ekya/core/box.hpp"

namespace ekya {

/// Where an object is in its frame, in parts of the frame's width and height, so that it means the
/// same at any resolution.
struct FramePlace {
    float x = 0.5F, y = 0.5F;           ///< centre; in [0, 1]
    float width = 0.1F, height = 0.1F;  ///< in (0, 1]
    friend bool operator==(const FramePlace&, const FramePlace&) = default;
};

/// @param box inside a frame of frame_width x frame_height pixels
/// @throws DomainError if the frame has no area
[[nodiscard]] FramePlace place_of(const Box& box, int frame_width, int frame_height);

/// Square object crops of one size, 8 bits per channel, RGB, packed [count, size, size, 3].
/// What ingestion stores, training reads and inference classifies; neither libtorch nor OpenCV is
/// needed to hold it.
struct CropBatch {
    int size = 0;                         ///< side in pixels; > 0 unless empty
    std::vector<std::uint8_t> rgb;        ///< count * size * size * 3 bytes
    std::vector<FramePlace> places = {};  ///< one for each crop, or none at all: unknown

    [[nodiscard]] std::size_t bytes_per_crop() const {
        return static_cast<std::size_t>(size) * size * 3;
    }
    [[nodiscard]] std::size_t count() const {
        return size == 0 ? 0 : rgb.size() / bytes_per_crop();
    }
    [[nodiscard]] std::span<const std::uint8_t> crop(std::size_t index) const {
        return {rgb.data() + index * bytes_per_crop(), bytes_per_crop()};
    }
    /// Appends a crop of another batch, with its place if that is known. An empty batch takes over
    /// the other's size.
    /// @throws DomainError if the sizes differ, or one batch knows places and the other does not
    void append(const CropBatch& from, std::size_t index);
};

/// One decoded frame, 8 bits per channel, BGR (OpenCV's order), rows packed without padding.
struct FrameImage {
    int width = 0, height = 0;
    std::vector<std::uint8_t> bgr;  ///< width * height * 3 bytes
};

}  // namespace ekya
