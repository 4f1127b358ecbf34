#include "image_directory.hpp"

#include <algorithm>
#include <cctype>
#include <opencv2/imgproc.hpp>
#include <system_error>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/video/image_files.hpp"
#include "mat_view.hpp"

namespace ekya {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view leading_digits(std::string_view text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

std::string_view without_leading_zeros(std::string_view digits) {
    return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

bool is_image(const std::filesystem::path& file) {
    std::string extension = file.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return extension == ".png" || extension == ".jpg" || extension == ".jpeg" ||
           extension == ".bmp";
}

std::vector<std::filesystem::path> images_in(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code unreadable;
        if (is_image(entry->path()) && entry->is_regular_file(unreadable)) {
            if (files.size() == limits::directory_images)
                throw InputError(directory.string() + ": has more than " +
                                 std::to_string(limits::directory_images) + " images");
            files.push_back(entry->path());
        }
    }
    if (error) {
        throw InputError(directory.string() + ": " + error.message());
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
        return natural_less(a.filename().string(), b.filename().string());
    });
    return files;
}

FrameImage resized(const FrameImage& image, int width, int height) {
    FrameImage result{width, height, {}};
    result.bgr.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    cv::Mat to(height, width, CV_8UC3, result.bgr.data());
    cv::resize(mat_view(image), to, to.size(), 0, 0,
               image.width > width ? cv::INTER_AREA : cv::INTER_LINEAR);
    return result;
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
    const std::string_view whole_a = a, whole_b = b;
    while (!a.empty() && !b.empty()) {
        const auto digits_a = leading_digits(a), digits_b = leading_digits(b);
        if (!digits_a.empty() && !digits_b.empty()) {
            const auto value_a = without_leading_zeros(digits_a),
                       value_b = without_leading_zeros(digits_b);
            if (value_a != value_b) {
                return value_a.size() != value_b.size() ? value_a.size() < value_b.size()
                                                        : value_a < value_b;
            }
            a.remove_prefix(digits_a.size());
            b.remove_prefix(digits_b.size());
        } else if (a.front() != b.front()) {
            return static_cast<unsigned char>(a.front()) < static_cast<unsigned char>(b.front());
        } else {
            a.remove_prefix(1);
            b.remove_prefix(1);
        }
    }
    return a.empty() != b.empty() ? a.empty() : whole_a < whole_b;
}

ImageDirectory::ImageDirectory(const std::filesystem::path& directory,
                               const FrameSourceOptions& options)
    : files_(images_in(directory)), cancelled_(options.cancelled) {
    fps_ = options.fps > 0 ? options.fps : 1;
    if (files_.empty()) {
        throw InputError(directory.string() +
                         ": no png, jpg, jpeg or bmp images in this directory");
    }
    if (!read_next()) {
        throw InputError(directory.string() + ": none of the " + std::to_string(files_.size()) +
                         " images can be read");
    }
    width_ = image_.width;
    height_ = image_.height;
    pending_ = true;
}

/// Reads images until one is sound.
bool ImageDirectory::read_next() {
    while (position_ < files_.size()) {
        const auto& file = files_[position_++];
        try {
            image_ = read_image(file);
            return true;
        } catch (const InputError& e) {
            ++damaged_;
            note_gap(time_of(position_ - 1), e.what());
        }
    }
    return false;
}

bool ImageDirectory::next(Frame& frame) {
    if (cancelled_ && cancelled_()) {
        return false;
    }
    if (!pending_ && !read_next()) {
        return false;
    }
    pending_ = false;
    frame.index = static_cast<std::int64_t>(position_) - 1;
    frame.time = time_of(position_ - 1);
    const bool other_size = image_.width != width_ || image_.height != height_;
    if (other_size && !other_size_) {
        note_gap(frame.time, "images of " + std::to_string(image_.width) + " x " +
                                 std::to_string(image_.height) + " from here on, scaled to " +
                                 std::to_string(width_) + " x " + std::to_string(height_));
    }
    other_size_ = other_size;
    frame.set_image(other_size ? resized(image_, width_, height_) : std::move(image_));
    return true;
}

}  // namespace ekya
