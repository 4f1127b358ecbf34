#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/device/kernels.hpp"
#include "ekya/video/crops.hpp"

using namespace ekya;

namespace {

// Blue = column, green = row, red = 200.
FrameImage ramp(int width, int height) {
    FrameImage image{width, height, {}};
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            image.bgr.push_back(static_cast<std::uint8_t>(x));
            image.bgr.push_back(static_cast<std::uint8_t>(y));
            image.bgr.push_back(200);
        }
    }
    return image;
}

struct Pixel {
    int red, green, blue;
    friend bool operator==(const Pixel&, const Pixel&) = default;
};

Pixel pixel(const CropBatch& crops, std::size_t crop, int x, int y) {
    const auto* at = crops.crop(crop).data() +
                     (static_cast<std::size_t>(y) * static_cast<std::size_t>(crops.size) +
                      static_cast<std::size_t>(x)) *
                         3;
    return {at[0], at[1], at[2]};
}

}  // namespace

TEST_CASE("append_crops: a square of the crop's size is copied, channels swapped to RGB") {
    CropBatch crops;
    const std::vector<Box> boxes = {{10, 20, 26, 36}, {30, 4, 46, 20}};
    append_crops(ramp(100, 50), boxes, 16, crops, 0);
    REQUIRE(crops.count() == 2);
    CHECK(crops.size == 16);
    CHECK(pixel(crops, 0, 0, 0) == Pixel{200, 20, 10});
    CHECK(pixel(crops, 0, 15, 15) == Pixel{200, 35, 25});
    CHECK(pixel(crops, 1, 3, 5) == Pixel{200, 9, 33});
}

TEST_CASE("append_crops: a tall box is seen with its surroundings, not stretched") {
    CropBatch crops;
    append_crops(ramp(100, 50), std::vector<Box>{{48, 10, 52, 42}}, 32, crops,
                 0);  // centre 50: columns 34 to 65
    CHECK(pixel(crops, 0, 0, 0) == Pixel{200, 10, 34});
    CHECK(pixel(crops, 0, 31, 31) == Pixel{200, 41, 65});
}

TEST_CASE("append_crops: the margin widens the region on each side") {
    CropBatch crops;
    append_crops(ramp(100, 50), std::vector<Box>{{20, 15, 40, 35}}, 22, crops);  // 20 * 1.1 = 22
    CHECK(pixel(crops, 0, 0, 0) == Pixel{200, 14, 19});
    CHECK(pixel(crops, 0, 21, 21) == Pixel{200, 35, 40});
}

TEST_CASE("append_crops: the border is repeated where the region leaves the frame") {
    CropBatch crops;
    const std::vector<Box> corners = {{0, 0, 4, 16}, {96, 34, 100, 50}, {0, 0, 100, 50}};
    append_crops(ramp(100, 50), corners, 16, crops, 0);
    CHECK(pixel(crops, 0, 0, 3) == Pixel{200, 3, 0});  // columns -6 to 9
    CHECK(pixel(crops, 0, 6, 3) == Pixel{200, 3, 0});
    CHECK(pixel(crops, 0, 8, 3) == Pixel{200, 3, 2});
    CHECK(pixel(crops, 1, 15, 15) == Pixel{200, 49, 99});
    CHECK(pixel(crops, 1, 8, 0) == Pixel{200, 34, 98});
    CHECK(pixel(crops, 2, 8, 0).green == 0);  // the whole frame: rows -25 to 74
    CHECK(pixel(crops, 2, 8, 15).green == 49);
}

TEST_CASE("append_crops: a box over the border counts with its part inside") {
    CropBatch whole, part;
    append_crops(ramp(100, 50), std::vector<Box>{{-50, 10, 20, 30}}, 16, whole);
    append_crops(ramp(100, 50), std::vector<Box>{{0, 10, 20, 30}}, 16, part);
    CHECK(whole.rgb == part.rgb);
    CHECK(whole.places == part.places);
    REQUIRE(part.places.size() == 1);
    CHECK(part.places[0] == FramePlace{0.1F, 0.4F, 0.2F, 0.4F});
}

TEST_CASE("append_crops: boxes of less than a pixel, also in the last corner") {
    CropBatch crops;
    append_crops(ramp(100, 50), std::vector<Box>{{99.7, 49.7, 99.9, 49.9}, {0, 0, 0.1, 0.1}}, 8,
                 crops);
    CHECK(pixel(crops, 0, 4, 4) == Pixel{200, 49, 99});
    CHECK(pixel(crops, 1, 4, 4) == Pixel{200, 0, 0});
}

TEST_CASE("append_crops: shrinks by area means, appends, and gives the same bytes again") {
    CropBatch crops, again;
    const std::vector<Box> boxes = {{0, 0, 50, 50}};
    append_crops(ramp(100, 50), boxes, 5, crops, 0);
    CHECK(pixel(crops, 0, 0, 0).blue == doctest::Approx(4.5).epsilon(0.2));
    append_crops(ramp(100, 50), boxes, 5, crops, 0);
    CHECK(crops.count() == 2);
    append_crops(ramp(100, 50), std::vector<Box>{boxes[0], boxes[0]}, 5, again, 0);
    CHECK(again.rgb == crops.rgb);
    append_crops(ramp(100, 50), {}, 5, crops, 0);
    CHECK(crops.count() == 2);
}

TEST_CASE("append_crops: refuses what makes no crop and leaves the batch as it was") {
    CropBatch crops;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const FrameImage image = ramp(100, 50);
    append_crops(image, std::vector<Box>{{0, 0, 9, 9}}, 8, crops);
    const auto before = crops.rgb;
    const std::vector<Box> good = {{0, 0, 9, 9}};
    CHECK_THROWS_AS(append_crops(image, good, 9, crops), DomainError);
    CHECK_THROWS_AS(append_crops(image, good, 0, crops), DomainError);
    CHECK_THROWS_AS(append_crops(image, good, 8, crops, -0.1), DomainError);
    CHECK_THROWS_AS(append_crops(image, good, 8, crops, nan), DomainError);
    CHECK_THROWS_AS(append_crops(image, std::vector<Box>{good[0], {100, 0, 120, 20}}, 8, crops),
                    DomainError);
    CHECK_THROWS_AS(append_crops(image, std::vector<Box>{{5, 5, 5, 9}}, 8, crops), DomainError);
    CHECK_THROWS_AS(append_crops(image, std::vector<Box>{{nan, 5, 7, 9}}, 8, crops), DomainError);
    CHECK_THROWS_AS(append_crops(FrameImage{10, 10, {}}, good, 8, crops), DomainError);
    CHECK(crops.rgb == before);
}

TEST_CASE("resample (device/kernels.hpp): the crops that ingestion stores, to a level") {
    std::mt19937 engine(5);
    FrameImage image{160, 90, std::vector<std::uint8_t>(160 * 90 * 3)};
    for (auto& byte : image.bgr) byte = static_cast<std::uint8_t>(engine() >> 24);
    const Picture picture{Picture::Format::bgr, 160, 90, image.bgr.data(), 160 * 3};
    int off_by_one = 0, values = 0;
    for (int side = 5; side < 80; side += 3) {
        const Box box{70.0 - side / 2.0, 44.0 - side / 2.0, 70.0 + side / 2.0, 44.0 + side / 2.0};
        CropBatch crops;
        append_crops(image, std::array{box}, 24, crops, 0);
        const Patch patch{0,
                          static_cast<int>(std::lround(box.x0)),
                          static_cast<int>(std::lround(box.y0)),
                          side,
                          side,
                          0,
                          0,
                          24,
                          24};
        std::vector<std::uint8_t> levels(24 * 24 * 3);
        resample(std::array{picture}, std::array{patch},
                 {levels.data(), 24, 24, ImageBatch::Element::u8}, {});
        for (std::size_t i = 0; i < levels.size(); ++i, ++values) {
            const int off = std::abs(levels[i] - crops.rgb[i]);
            CHECK(off <= 1);
            off_by_one += off;
        }
    }
    CHECK(off_by_one < values / 20);
}
