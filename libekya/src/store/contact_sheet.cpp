#include "ekya/store/contact_sheet.hpp"

#include <png.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr int crops_per_row = 16;

struct Sheet {
    int width, height;
    std::vector<std::uint8_t> rgb;

    Sheet(int size, int count)
        : width(crops_per_row * size), height((count + crops_per_row - 1) / crops_per_row * size),
          rgb(static_cast<std::size_t>(width) * height * 3) {}

    /// First byte of one pixel row of one crop.
    [[nodiscard]] std::size_t offset(int size, std::size_t index, int row) const {
        const std::size_t x = index % crops_per_row * size;
        const std::size_t y = index / crops_per_row * size + row;
        return (y * width + x) * 3;
    }
};

}  // namespace

void write_contact_sheet(const std::filesystem::path& file, const CropBatch& crops) {
    if (crops.count() == 0) return write_atomically(file, "");
    Sheet sheet(crops.size, static_cast<int>(crops.count()));
    const std::size_t row_bytes = static_cast<std::size_t>(crops.size) * 3;
    for (std::size_t i = 0; i < crops.count(); ++i)
        for (int row = 0; row < crops.size; ++row)
            std::memcpy(&sheet.rgb[sheet.offset(crops.size, i, row)], crops.crop(i).data() + row * row_bytes, row_bytes);

    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(sheet.width);
    image.height = static_cast<png_uint_32>(sheet.height);
    image.format = PNG_FORMAT_RGB;
    image.flags = PNG_IMAGE_FLAG_FAST;
    png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(image);
    std::string png(bytes, '\0');
    if (!png_image_write_to_memory(&image, png.data(), &bytes, 0, sheet.rgb.data(), 0, nullptr))
        throw SystemError(file.string() + ": cannot encode as PNG: " + image.message);
    png.resize(bytes);
    write_atomically(file, png);
}

CropBatch read_contact_sheet(const std::filesystem::path& file, int size, int count) {
    CropBatch crops;
    crops.size = size;
    if (count == 0) return crops;
    const std::string bytes = read_file(file);
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()))
        throw InputError(file.string() + ": not a readable PNG: " + image.message);
    // Before any memory is taken for them: a damaged manifest may claim any number.
    const auto width = std::int64_t{crops_per_row} * size;
    const auto height = (std::int64_t{count} + crops_per_row - 1) / crops_per_row * size;
    if (image.width != width || image.height != height) {
        const std::string found = std::to_string(image.width) + "x" + std::to_string(image.height);
        png_image_free(&image);
        throw InputError(file.string() + ": " + found + " pixels, " + std::to_string(count) + " crops of " +
                         std::to_string(size) + " need " + std::to_string(width) + "x" + std::to_string(height));
    }
    Sheet sheet(size, count);
    image.format = PNG_FORMAT_RGB;
    if (!png_image_finish_read(&image, nullptr, sheet.rgb.data(), 0, nullptr))
        throw InputError(file.string() + ": damaged PNG: " + image.message);
    crops.rgb.resize(crops.bytes_per_crop() * static_cast<std::size_t>(count));
    const std::size_t row_bytes = static_cast<std::size_t>(size) * 3;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
        for (int row = 0; row < size; ++row)
            std::memcpy(&crops.rgb[i * crops.bytes_per_crop() + row * row_bytes], &sheet.rgb[sheet.offset(size, i, row)], row_bytes);
    return crops;
}

}  // namespace ekya
