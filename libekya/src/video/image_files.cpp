#include "ekya/video/image_files.hpp"

#include <climits>
#include <limits>
#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "mat_view.hpp"

namespace ekya {
namespace {

/// libpng and libjpeg fill the rest of a file that was cut off with grey, or print; so look for its
/// end first.
bool is_cut_off(std::string_view bytes) {
    if (bytes.starts_with("\x89PNG")) {
        return bytes.rfind("IEND") == std::string_view::npos;
    }
    return bytes.starts_with("\xFF\xD8") && bytes.rfind("\xFF\xD9") == std::string_view::npos;
}

/// Two's complement for numbers of four bytes.
int number_at(std::string_view bytes, std::size_t place, int length) {
    std::uint32_t value = 0;
    for (int i = 0; i < length; ++i)
        value = value << 8 | static_cast<unsigned char>(bytes[place + static_cast<std::size_t>(i)]);
    return static_cast<int>(value);
}

/// IHDR is the first chunk: length, name, width, height.
ImageSize png_size(std::string_view bytes) {
    if (bytes.size() < 24) return {};
    return {number_at(bytes, 16, 4), number_at(bytes, 20, 4)};
}

/// The first start of frame (SOF0 to SOF15, but for what else has these numbers): length,
/// precision, height, width.
ImageSize jpeg_size(std::string_view bytes) {
    for (std::size_t at = 2; at + 9 <= bytes.size();) {
        const int mark = number_at(bytes, at, 2), kind = mark & 0xFF;
        if (mark >> 8 != 0xFF) return {};
        if (kind >= 0xC0 && kind <= 0xCF && kind != 0xC4 && kind != 0xC8 && kind != 0xCC)
            return {number_at(bytes, at + 7, 2), number_at(bytes, at + 5, 2)};
        at += 2 + static_cast<std::size_t>(number_at(bytes, at + 2, 2));
    }
    return {};
}

/// Little-endian, behind the file's header of 14 bytes; a negative height counts from above.
ImageSize bmp_size(std::string_view bytes) {
    if (bytes.size() < 26) return {};
    const auto reversed = [&](std::size_t place) {
        const std::string number(bytes.substr(place, 4).rbegin(), bytes.substr(place, 4).rend());
        return number_at(number, 0, 4);
    };
    const int height = reversed(22);
    return {reversed(18), height > 0 ? height : height == INT_MIN ? 0 : -height};
}

/// As the header says; {} if it says none. Only these formats are decoded.
ImageSize declared_size(std::string_view bytes) {
    if (bytes.starts_with("\x89PNG")) return png_size(bytes);
    if (bytes.starts_with("\xFF\xD8")) return jpeg_size(bytes);
    return bytes.starts_with("BM") ? bmp_size(bytes) : ImageSize{};
}

/// A small file may declare any number of pixels, and decoders ask for memory for all of them.
void check_size(const ImageSize& size) {
    if (size.width < 1 || size.height < 1)
        throw InputError("the image is damaged or of an unknown format, expected PNG, JPEG or BMP");
    if (static_cast<long long>(size.width) * size.height > limits::image_pixels)
        throw InputError("the image has " + std::to_string(size.width) + " x " +
                         std::to_string(size.height) + " pixels, at most " +
                         std::to_string(limits::image_pixels) + " are decoded");
}

}  // namespace

ImageSize image_size(const std::filesystem::path& file) {
    const std::string bytes = read_file(file);
    const auto size = declared_size(bytes);
    if (size.width < 1 || size.height < 1)
        throw InputError(file.string() + ": has no header of a PNG, JPEG or BMP image");
    return size;
}

std::string encode_image(const FrameImage& image, std::string_view format) {
    if (format != "png" && format != "jpg") {
        throw DomainError("format: \"" + std::string(format) + "\" is neither png nor jpg");
    }
    const cv::Mat pixels = mat_view(image);
    std::vector<uchar> bytes;
    try {
        cv::imencode("." + std::string(format), pixels, bytes, {cv::IMWRITE_JPEG_QUALITY, 95});
    } catch (const cv::Exception& e) {
        throw DomainError("image: cannot be written as " + std::string(format) + ": " + e.err);
    }
    return {bytes.begin(), bytes.end()};
}

FrameImage decode_image(std::string_view bytes) {
    if (bytes.empty() || bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        throw InputError("not an image: " + std::to_string(bytes.size()) + " bytes");
    }
    if (is_cut_off(bytes)) {
        throw InputError("the image is cut off after " + std::to_string(bytes.size()) + " bytes");
    }
    check_size(declared_size(bytes));
    const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8UC1,
                          const_cast<char*>(bytes.data()));
    cv::Mat pixels;
    try {
        pixels = cv::imdecode(encoded, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
    } catch (const cv::Exception& e) {
        throw InputError("the image cannot be decoded: " + e.err);
    }
    if (pixels.empty()) {
        throw InputError("the image is damaged or of an unknown format, expected PNG, JPEG or BMP");
    }
    FrameImage image{pixels.cols, pixels.rows, {}};
    image.bgr.assign(pixels.datastart, pixels.dataend);  // a decoded matrix is continuous
    return image;
}

FrameImage read_image(const std::filesystem::path& file) {
    const std::string bytes = read_file(file);
    return with_context(file.string(), [&] { return decode_image(bytes); });
}

}  // namespace ekya
