#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "ekya/device/kernels.hpp"

namespace ekya::test {

/// A picture of noise, its rows longer than they need to be.
class RandomPicture {
public:
    RandomPicture(Picture::Format format, int width, int height, unsigned seed, int more = 5)
        : format_(format),
          width_(width),
          height_(height),
          pitch_(width * (format == Picture::Format::bgr ? 3 : 1) + more),
          bytes_(static_cast<std::size_t>(pitch_) *
                 static_cast<std::size_t>(height +
                                          (format == Picture::Format::nv12 ? height / 2 : 0))) {
        std::mt19937 engine(seed);
        for (auto& byte : bytes_) byte = static_cast<std::uint8_t>(engine() >> 24);
    }
    [[nodiscard]] Picture view() const { return view(bytes_.data()); }
    /// The same picture where its bytes have been copied to.
    [[nodiscard]] Picture view(const std::uint8_t* data) const {
        const bool nv12 = format_ == Picture::Format::nv12;
        return {format_,          width_,
                height_,          data,
                pitch_,           nv12 ? data + pitch_ * height_ : nullptr,
                nv12 ? pitch_ : 0};
    }
    [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }
    [[nodiscard]] std::uint8_t byte(int x, int y) const {
        return bytes_[static_cast<std::size_t>(y * pitch_ + x)];
    }

private:
    Picture::Format format_;
    int width_, height_, pitch_;
    std::vector<std::uint8_t> bytes_;
};

inline float brain(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

inline float half(std::uint16_t bits) {
    const int exponent = bits >> 10U & 31U;
    const float fraction = static_cast<float>(bits & 1023U) / 1024;
    const float magnitude =
        exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15);
    return (bits & 0x8000U) != 0 ? -magnitude : magnitude;
}

}  // namespace ekya::test
