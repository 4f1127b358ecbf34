#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "ekya/core/image.hpp"

namespace ekya {

/// The bytes of an image file.
/// @param format  "png" (exact) or "jpg" (quality 95)
/// @throws DomainError for another format or an image whose bytes do not fit its size
[[nodiscard]] std::string encode_image(const FrameImage& image, std::string_view format);

/// The image in the bytes of a PNG, JPEG or BMP file; grey becomes colour, transparency and
/// rotation marks are ignored.
/// @throws InputError if it is damaged or of another format
[[nodiscard]] FrameImage decode_image(std::string_view bytes);

/// Pixels.
struct ImageSize {
    int width = 0, height = 0;
    friend bool operator==(const ImageSize&, const ImageSize&) = default;
};

/// What the header of a PNG or JPEG file says; the rest may be damaged.
/// @throws InputError naming the file if it has no such header
[[nodiscard]] ImageSize image_size(const std::filesystem::path& file);

/// decode_image() of a file.
/// @throws InputError naming the file
[[nodiscard]] FrameImage read_image(const std::filesystem::path& file);

}  // namespace ekya
