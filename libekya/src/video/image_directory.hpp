// A directory of images as a stream.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "reader.hpp"

namespace ekya {

/// Order of names in which numbers count by value: frame2 before frame10. Names that differ only in
/// leading zeros keep the order of their bytes.
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

class ImageDirectory : public FrameSource::Reader {
public:
    ImageDirectory(const std::filesystem::path& directory, const FrameSourceOptions& options);
    bool next(Frame& frame) override;
    [[nodiscard]] std::int64_t damaged() const override { return damaged_; }
    [[nodiscard]] bool is_live() const override { return false; }
    [[nodiscard]] std::optional<Seconds> length() const override {
        return static_cast<double>(files_.size()) / fps_;
    }

private:
    bool read_next();
    [[nodiscard]] Seconds time_of(std::size_t position) const {
        return static_cast<double>(position) / fps_;
    }

    std::vector<std::filesystem::path> files_;
    std::function<bool()> cancelled_;
    std::size_t position_ = 0;  // of the file to be read next
    FrameImage image_;          // of the file before it
    bool pending_ = false;      // image_ is read but not yet given out
    bool other_size_ = false;   // the images are of another size than the first one; noted once
    std::int64_t damaged_ = 0;
};

}  // namespace ekya
