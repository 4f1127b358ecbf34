#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "device/pictures.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/device/kernels.hpp"

using namespace ekya;
using test::RandomPicture;

namespace {

std::vector<std::uint8_t> levels(const Picture& picture, const Patch& patch, int width,
                                 int height) {
    std::vector<std::uint8_t> out(static_cast<std::size_t>(width) * height * 3);
    resample(std::array{picture}, std::array{patch},
             {out.data(), width, height, ImageBatch::Element::u8, ImageBatch::Layout::nhwc, 114},
             {});
    return out;
}

Patch whole(const Picture& p, int width, int height) {
    return {0, 0, 0, p.width, p.height, 0, 0, width, height};
}

}  // namespace

TEST_CASE("resample: a region of the output's size is copied, BGR becomes RGB") {
    const RandomPicture source(Picture::Format::bgr, 7, 5, 1);
    const auto out = levels(source.view(), whole(source.view(), 7, 5), 7, 5);
    for (int i = 0; i < 35; ++i)
        for (int c = 0; c < 3; ++c)
            CHECK(out[static_cast<std::size_t>(i * 3 + c)] ==
                  source.byte(i % 7 * 3 + 2 - c, i / 7));
}

TEST_CASE("resample: shrunk by area means, enlarged bilinearly") {
    // Two columns, 10 and 40; the first row of pixels of three channels alike.
    const std::array<std::uint8_t, 6> two{10, 10, 10, 40, 40, 40};
    const Picture picture{Picture::Format::bgr, 2, 1, two.data(), 6};
    CHECK(levels(picture, whole(picture, 1, 1), 1, 1) == std::vector<std::uint8_t>(3, 25));
    const auto four = levels(picture, whole(picture, 4, 1), 4, 1);
    CHECK(four[0] == 10);  // left of the first centre: its level
    CHECK(four[3] == 18);  // a quarter of the way: 17.5, rounded to the even
    CHECK(four[6] == 32);  // three quarters: 32.5, likewise
    CHECK(four[9] == 40);
    // Three columns to two: each is one and a half.
    const std::array<std::uint8_t, 9> three{0, 0, 0, 90, 90, 90, 30, 30, 30};
    const Picture wide{Picture::Format::bgr, 3, 1, three.data(), 9};
    const auto shrunk = levels(wide, whole(wide, 2, 1), 2, 1);
    CHECK(shrunk[0] == 30);  // (0 + 90 / 2) / 1.5
    CHECK(shrunk[3] == 50);  // (90 / 2 + 30) / 1.5
}

TEST_CASE("resample: the border is repeated where a region leaves the picture") {
    const RandomPicture source(Picture::Format::bgr, 4, 4, 2);
    const auto out = levels(source.view(), {0, -3, -2, 8, 8, 0, 0, 8, 8}, 8, 8);
    for (int y = 0; y < 8; ++y)
        for (int x = 0; x < 8; ++x)
            CHECK(out[static_cast<std::size_t>((y * 8 + x) * 3)] ==
                  source.byte(std::clamp(x - 3, 0, 3) * 3 + 2, std::clamp(y - 2, 0, 3)));
    const auto outside = levels(source.view(), {0, 100, -50, 3, 3, 0, 0, 2, 2}, 2, 2);
    CHECK(outside[0] == source.byte(3 * 3 + 2, 0));  // all outside: the nearest pixel
}

TEST_CASE("resample: NV12 grey stays grey, limited range is stretched, colours are of BT.601") {
    std::array<std::uint8_t, 4> luma{16, 235, 126, 126};
    std::array<std::uint8_t, 2> chroma{128, 128};
    Picture picture{Picture::Format::nv12, 2, 2, luma.data(), 2, chroma.data(), 2};
    auto out = levels(picture, whole(picture, 2, 2), 2, 2);
    CHECK(out[0] == 0);
    CHECK(out[3] == 255);
    CHECK(out[6] == 128);
    CHECK(out[6] == out[7]);
    picture.full_range = true;
    out = levels(picture, whole(picture, 2, 2), 2, 2);
    CHECK(out[0] == 16);
    CHECK(out[3] == 235);
    luma.fill(81);  // red of BT.601
    chroma = {90, 240};
    picture.full_range = false;
    out = levels(picture, whole(picture, 2, 2), 2, 2);
    CHECK(out[0] >= 253);
    CHECK(out[1] <= 2);
    CHECK(out[2] <= 2);
}

TEST_CASE("resample: elements, layouts and scales say the same") {
    const RandomPicture source(Picture::Format::bgr, 37, 23, 3);
    const Patch patch{0, 3, -2, 29, 31, 0, 0, 9, 11};
    const auto bytes = levels(source.view(), patch, 9, 11);
    constexpr std::size_t pixels = 9 * 11;
    const LevelScale scale{{0.01F, 0.02F, 0.03F}, {-1, 0, 1}};
    std::vector<float> rows(pixels * 3), planes(pixels * 3);
    std::vector<std::uint16_t> halves(pixels * 3), brains(pixels * 3);
    const auto into = [&](void* data, ImageBatch::Element element, ImageBatch::Layout layout) {
        resample(std::array{source.view()}, std::array{patch}, {data, 9, 11, element, layout, 114},
                 scale);
    };
    into(rows.data(), ImageBatch::Element::f32, ImageBatch::Layout::nhwc);
    into(planes.data(), ImageBatch::Element::f32, ImageBatch::Layout::nchw);
    into(halves.data(), ImageBatch::Element::f16, ImageBatch::Layout::nhwc);
    into(brains.data(), ImageBatch::Element::bf16, ImageBatch::Layout::nhwc);
    for (std::size_t i = 0; i < pixels; ++i)
        for (std::size_t c = 0; c < 3; ++c) {
            const float value =
                static_cast<float>(bytes[i * 3 + c]) * scale.scale[c] + scale.shift[c];
            CHECK(rows[i * 3 + c] == doctest::Approx(value));
            CHECK(planes[c * pixels + i] == rows[i * 3 + c]);
            CHECK(test::half(halves[i * 3 + c]) == doctest::Approx(value).epsilon(1e-3));
            CHECK(test::brain(brains[i * 3 + c]) == doctest::Approx(value).epsilon(5e-3));
        }
}

TEST_CASE("resample: per_image brings an image to mean 0 and deviation 1; one colour to 0") {
    const RandomPicture source(Picture::Format::bgr, 40, 30, 4);
    std::vector<float> out(2 * 16 * 16 * 3);
    const std::vector<std::uint8_t> flat(300, 77);
    const Picture grey{Picture::Format::bgr, 10, 10, flat.data(), 30};
    LevelScale scale;
    scale.per_image = true;
    scale.least_variance = 1e-8F;
    resample(std::array{source.view(), grey},
             std::array{whole(source.view(), 16, 16), Patch{1, 0, 0, 10, 10, 0, 0, 16, 16}},
             {out.data(), 16, 16}, scale);
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < 768; ++i) {
        sum += out[i];
        squares += out[i] * out[i];
        CHECK(std::abs(out[768 + i]) < 1e-2);
    }
    CHECK(sum / 768 == doctest::Approx(0).epsilon(1e-4));
    CHECK(squares / 768 == doctest::Approx(1).epsilon(1e-3));
}

TEST_CASE("letterbox: the whole picture, its aspect kept, centred, the rest filled") {
    const RandomPicture source(Picture::Format::bgr, 20, 10, 5);
    const auto patch = letterbox(source.view(), 0, 16, 16);
    CHECK(patch.out_width == 16);
    CHECK(patch.out_height == 8);
    CHECK(patch.out_y == 4);
    const auto out = levels(source.view(), patch, 16, 16);
    CHECK(out[0] == 114);
    CHECK(out[16 * 16 * 3 - 1] == 114);
    CHECK(letterbox(source.view(), 0, 1, 1).out_height == 1);
    CHECK_THROWS_AS(static_cast<void>(letterbox(source.view(), 0, 0, 5)), DomainError);
}

TEST_CASE("resample: pictures, patches and outputs that make no sense are refused by name") {
    const RandomPicture source(Picture::Format::bgr, 8, 8, 6);
    std::vector<float> out(3 * 64);
    const auto call = [&](Picture picture, Patch patch, ImageBatch batch) {
        resample(std::array{picture}, std::array{patch}, batch, {});
    };
    const Patch good{0, 0, 0, 8, 8, 0, 0, 8, 8};
    const ImageBatch batch{out.data(), 8, 8};
    CHECK_NOTHROW(call(source.view(), good, batch));
    for (const Patch& bad : {Patch{1, 0, 0, 8, 8, 0, 0, 8, 8}, Patch{0, 0, 0, 0, 8, 0, 0, 8, 8},
                             Patch{0, 0, 0, 8, 8, 1, 0, 8, 8}, Patch{0, 0, 0, 8, 8, 0, -1, 8, 8}})
        CHECK_THROWS_AS(call(source.view(), bad, batch), DomainError);
    auto narrow = source.view();
    narrow.pitch = 23;
    CHECK_THROWS_AS(call(narrow, good, batch), DomainError);
    CHECK_THROWS_AS(call(source.view(), good, {nullptr, 8, 8}), DomainError);
    CHECK_NOTHROW(resample({}, {}, {nullptr, 8, 8}, {}));  // nothing to do
}

TEST_CASE("frame_difference: more than the threshold, by luma") {
    const std::array<std::uint8_t, 6> a{100, 100, 100, 50, 50, 50}, b{100, 104, 100, 60, 60, 60};
    const Picture before{Picture::Format::bgr, 2, 1, a.data(), 6};
    Picture after{Picture::Format::bgr, 2, 1, b.data(), 6};
    std::array<std::uint8_t, 2> changed{};
    frame_difference(before, after, 5, changed.data());
    CHECK(changed == std::array<std::uint8_t, 2>{0, 255});
    frame_difference(before, after, 10, changed.data());
    CHECK(changed == std::array<std::uint8_t, 2>{0, 0});
    after.width = 1;
    CHECK_THROWS_AS(frame_difference(before, after, 5, changed.data()), DomainError);
}

TEST_CASE("suppress_boxes: greedy by score, within a class and an image") {
    const std::vector<float> corners{0, 0, 10, 10, 1, 0, 11, 10, 50, 50, 60, 60, 0, 0, 10, 10,
                                     0, 0, 10, 10, 1, 0, 11, 10, 0,  0,  10, 10, 0, 0, 0,  0};
    const std::vector<float> scores{
        0.5F, 0.9F, 0.3F, 0.5F, 0.5F, 0.5F, std::numeric_limits<float>::quiet_NaN(), 0.05F};
    const std::vector<std::int32_t> classes{0, 0, 0, 1, 0, 0, 0, 0};
    std::vector<std::uint8_t> keep(8, 9);
    suppress_boxes({2, 4, corners.data(), scores.data(), classes.data()}, 0.5F, 0.1F, keep.data());
    CHECK(keep == std::vector<std::uint8_t>{0, 1, 1, 1, 1, 0, 0, 0});
    suppress_boxes({2, 4, corners.data(), scores.data(), nullptr}, 0.5F, 0.1F, keep.data());
    CHECK(keep == std::vector<std::uint8_t>{0, 1, 1, 0, 1, 0, 0, 0});
    CHECK_NOTHROW(suppress_boxes({0, 0, nullptr, nullptr, nullptr}, 0.5F, 0.1F, nullptr));
    CHECK_THROWS_AS(
        suppress_boxes({1, most_boxes + 1, nullptr, nullptr, nullptr}, 0.5F, 0.1F, nullptr),
        DomainError);
}
