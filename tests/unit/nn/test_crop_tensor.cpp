#include <doctest/doctest.h>

#include <cmath>

#include "crop_tensor.hpp"
#include "ekya/core/errors.hpp"

using namespace ekya;

namespace {

CropBatch uniform_crop(int size, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
    CropBatch crops{size, std::vector<std::uint8_t>(static_cast<std::size_t>(size) * size * 3)};
    for (std::size_t i = 0; i < crops.rgb.size(); i += 3) {
        crops.rgb[i] = red;
        crops.rgb[i + 1] = green;
        crops.rgb[i + 2] = blue;
    }
    return crops;
}

}  // namespace

TEST_CASE("crop_tensor: RGB bytes become channels, normalised") {
    const auto crops = uniform_crop(2, 0, 102, 255);
    const auto x = crop_tensor(crops, 0, 1, 2, torch::kCPU, imagenet_normalisation);
    CHECK(x.sizes() == at::IntArrayRef({1, 3, 2, 2}));
    CHECK(x.is_contiguous(torch::MemoryFormat::ChannelsLast));
    CHECK(x[0][0][0][0].item<double>() == doctest::Approx(-0.485 / 0.229));
    CHECK(x[0][1][1][0].item<double>() == doctest::Approx((0.4 - 0.456) / 0.224));
    CHECK(x[0][2][1][1].item<double>() == doctest::Approx((1 - 0.406) / 0.225));
}

TEST_CASE("crop_tensor: resizing up and down keeps a uniform crop and shrinks without aliasing") {
    for (const int size : {16, 32, 64}) {
        const auto x =
            crop_tensor(uniform_crop(32, 51, 51, 51), 0, 1, size, torch::kCPU, no_normalisation);
        CHECK(x.sizes() == at::IntArrayRef({1, 3, size, size}));
        CHECK(torch::allclose(x, torch::full_like(x, 0.2)));
    }
    auto checkers = uniform_crop(32, 0, 0, 0);  // a fine checker pattern averages to grey
    for (std::size_t i = 0; i < checkers.rgb.size(); ++i)
        if ((i / 3 % 32 + i / 96) % 2) checkers.rgb[i] = 255;
    const auto small = crop_tensor(checkers, 0, 1, 8, torch::kCPU, no_normalisation);
    CHECK((small - 0.5).abs().max().item<double>() < 0.03);
}

TEST_CASE("crop_tensor: our networks see the same crop in the dark as in the light") {
    auto bright = uniform_crop(16, 40, 80, 120);
    for (std::size_t i = 0; i < bright.rgb.size() / 2; ++i)
        bright.rgb[i] = static_cast<std::uint8_t>(bright.rgb[i] + 100);
    auto dark = bright;
    for (auto& value : dark.rgb) value = static_cast<std::uint8_t>(value / 2);
    const auto x = crop_tensor(bright, 0, 1, 16, torch::kCPU, own_normalisation);
    CHECK(std::abs(x.mean().item<double>()) < 1e-4);
    CHECK(x.std().item<double>() == doctest::Approx(1).epsilon(0.05));
    CHECK(
        torch::allclose(x, crop_tensor(dark, 0, 1, 16, torch::kCPU, own_normalisation), 0.1, 0.1));
    const auto blank =
        crop_tensor(uniform_crop(16, 7, 7, 7), 0, 1, 16, torch::kCPU, own_normalisation);
    CHECK(blank.abs().max().item<double>() < 1e-3);
}

TEST_CASE("crop_tensor: by index, in the order of the indices; none gives an empty tensor") {
    auto crops = uniform_crop(2, 255, 0, 0);
    const auto second = uniform_crop(2, 0, 255, 0);
    crops.rgb.insert(crops.rgb.end(), second.rgb.begin(), second.rgb.end());
    const auto x = crop_tensor(crops, {1, 0, 1}, 2, torch::kCPU);
    CHECK(x.size(0) == 3);
    CHECK(x[0][1][0][0].item<double>() > 0);
    CHECK(x[1][1][0][0].item<double>() < 0);
    CHECK(crop_tensor(crops, {}, 2, torch::kCPU).size(0) == 0);
    CHECK_THROWS_AS(crop_tensor(crops, 1, 2, 2, torch::kCPU, no_normalisation), DomainError);
}
