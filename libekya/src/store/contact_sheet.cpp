#include "ekya/store/contact_sheet.hpp"

#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"

namespace ekya {
namespace {

constexpr int crops_per_row = 16;
constexpr std::size_t sheet_bytes = 3 * limits::sheet_pixels + (std::size_t{1} << 20);

struct Sheet {
    int width, height;
    std::vector<std::uint8_t> rgb;

    Sheet(int size, int count)
        : width(crops_per_row * size),
          height((count + crops_per_row - 1) / crops_per_row * size),
          rgb(static_cast<std::size_t>(width) * height * 3) {}

    /// First byte of one pixel row of one crop.
    [[nodiscard]] std::size_t offset(int size, std::size_t index, int row) const {
        const std::size_t x = index % crops_per_row * size;
        const std::size_t y = index / crops_per_row * size + row;
        return (y * width + x) * 3;
    }
};

/// An encoding in progress: what has come out, or why it failed. No exception may pass libpng, so
/// nothing here throws.
struct Encoding {
    std::string bytes;
    bool failed = false;
    std::array<char, 128> message{};
};

void remember(png_structp png, png_const_charp message) {
    auto& encoding = *static_cast<Encoding*>(png_get_error_ptr(png));
    encoding.failed = true;
    std::snprintf(encoding.message.data(), encoding.message.size(), "%s", message);
    png_longjmp(png, 1);
}

void append(png_structp png, png_bytep bytes, std::size_t count) {
    auto& out = static_cast<Encoding*>(png_get_io_ptr(png))->bytes;
    if (out.capacity() - out.size() < count)
        png_error(png, "the file is larger than was reckoned with");
    out.append(reinterpret_cast<const char*>(bytes), count);
}

/// Stored, not compressed: small noisy crops hardly shrink, and whoever trains or profiles would
/// inflate all of them each time.
void encode(const Sheet& sheet, Encoding& encoding) {
    // A byte for each row, and what chunks and stored blocks of at least some hundred bytes add.
    encoding.bytes.reserve(sheet.rgb.size() + sheet.rgb.size() / 50 +
                           static_cast<std::size_t>(sheet.height) + 4096);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &encoding, remember,
                                              [](png_structp, png_const_charp) {});
    png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
    if (info == nullptr) {
        png_destroy_write_struct(&png, nullptr);
        encoding.failed = true;
        std::snprintf(encoding.message.data(), encoding.message.size(), "out of memory");
        return;
    }
    if (setjmp(png_jmpbuf(png)) == 0) {  // no object with a destructor is made behind this line
        png_set_write_fn(png, &encoding, append, nullptr);
        png_set_compression_level(png, 0);
        png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
        png_set_IHDR(png, info, static_cast<png_uint_32>(sheet.width),
                     static_cast<png_uint_32>(sheet.height), 8, PNG_COLOR_TYPE_RGB,
                     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        png_write_info(png, info);
        for (int row = 0; row < sheet.height; ++row)
            png_write_row(png, &sheet.rgb[static_cast<std::size_t>(row) * sheet.width * 3]);
        png_write_end(png, nullptr);
    }
    png_destroy_write_struct(&png, &info);
}

}  // namespace

void write_contact_sheet(const std::filesystem::path& file, const CropBatch& crops) {
    if (crops.count() == 0) return write_atomically(file, "");
    Sheet sheet(crops.size, static_cast<int>(crops.count()));
    const std::size_t row_bytes = static_cast<std::size_t>(crops.size) * 3;
    for (std::size_t i = 0; i < crops.count(); ++i)
        for (int row = 0; row < crops.size; ++row)
            std::memcpy(&sheet.rgb[sheet.offset(crops.size, i, row)],
                        crops.crop(i).data() + row * row_bytes, row_bytes);

    Encoding encoding;
    encode(sheet, encoding);
    if (encoding.failed)
        throw SystemError(file.string() + ": cannot encode as PNG: " + encoding.message.data());
    write_atomically(file, encoding.bytes);
}

CropBatch read_contact_sheet(const std::filesystem::path& file, int size, int count) {
    CropBatch crops;
    crops.size = size;
    if (count == 0) return crops;
    const std::string bytes = read_file(file, sheet_bytes);
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
        throw InputError(file.string() + ": " + found + " pixels, " + std::to_string(count) +
                         " crops of " + std::to_string(size) + " need " + std::to_string(width) +
                         "x" + std::to_string(height));
    }
    const auto pixels = width * height;
    if (pixels > limits::sheet_pixels ||
        3 * pixels > limits::sheet_compression * static_cast<std::int64_t>(bytes.size())) {
        png_image_free(&image);
        throw InputError(file.string() + ": " + std::to_string(width) + "x" +
                         std::to_string(height) + " pixels in " + std::to_string(bytes.size()) +
                         " bytes are no sheet of crops");
    }
    Sheet sheet(size, count);
    image.format = PNG_FORMAT_RGB;
    if (!png_image_finish_read(&image, nullptr, sheet.rgb.data(), 0, nullptr))
        throw InputError(file.string() + ": damaged PNG: " + image.message);
    crops.rgb.resize(crops.bytes_per_crop() * static_cast<std::size_t>(count));
    const std::size_t row_bytes = static_cast<std::size_t>(size) * 3;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
        for (int row = 0; row < size; ++row)
            std::memcpy(&crops.rgb[i * crops.bytes_per_crop() + row * row_bytes],
                        &sheet.rgb[sheet.offset(size, i, row)], row_bytes);
    return crops;
}

}  // namespace ekya
