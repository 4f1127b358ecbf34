#include <doctest/doctest.h>

#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/video/annotated_picture.hpp"
#include "ekya/video/image_files.hpp"

using namespace ekya;

namespace {

FrameImage grey(int width, int height) {
    return {width, height,
            std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3, 128)};
}

/// How far a pixel is from the grey of the frame.
int change_at(const FrameImage& image, int x, int y) {
    int most = 0;
    for (int c = 0; c < 3; ++c)
        most = std::max(
            most,
            std::abs(image.bgr[static_cast<std::size_t>((y * image.width + x) * 3 + c)] - 128));
    return most;
}

}  // namespace

TEST_CASE("annotated_jpeg: a box where the object is, a line at the bottom, the rest as it was") {
    FrameAnswer answer;
    answer.model = "base";
    answer.utc = "2026-11-29T21:24:00Z";
    answer.objects = {{{200, 150, 400, 300}, "car", 0.93}};
    const auto picture = decode_image(annotated_jpeg(grey(800, 600), &answer, "gate"));
    CHECK(picture.width == 800);
    CHECK(picture.height == 600);
    CHECK(change_at(picture, 200, 250) > 40);  // the box's left side
    CHECK(change_at(picture, 300, 300) > 40);  // and its bottom
    CHECK(change_at(picture, 300, 220) < 12);  // inside it
    CHECK(change_at(picture, 700, 100) < 12);
    CHECK(change_at(picture, 2, 597) > 40);  // the line
    const auto plain = decode_image(annotated_jpeg(grey(800, 600), nullptr, "gate"));
    CHECK(change_at(plain, 200, 250) < 12);
}

TEST_CASE("annotated_jpeg: wide frames are scaled down, narrow ones up, boxes with them") {
    FrameAnswer answer;
    answer.objects = {{{1000, 500, 2000, 1000}, "car", 0.9}};
    const auto wide = decode_image(annotated_jpeg(grey(2560, 1440), &answer, "gate"));
    CHECK(wide.width == 1280);
    CHECK(wide.height == 720);
    CHECK(change_at(wide, 500, 400) > 40);
    const auto narrow = decode_image(annotated_jpeg(grey(320, 180), nullptr, "gate"));
    CHECK(narrow.width == 640);
    CHECK(narrow.height == 360);
}

TEST_CASE(
    "annotated_jpeg: boxes beyond the frame, names of any script and hostile ones are drawn") {
    FrameAnswer answer;
    answer.model = "base";
    answer.objects = {{{-1e6, -1e6, 1e6, 1e6}, "車", 1},
                      {{-50, -50, -10, -10}, std::string(256, 'x'), 0},
                      {{10, 10, 5, 5}, "\x1b[31m%s%n", 0.5}};
    CHECK_NOTHROW(decode_image(annotated_jpeg(grey(640, 480), &answer, std::string(5000, 'y'))));
    CHECK_NOTHROW(decode_image(annotated_jpeg(grey(1, 1), &answer, "")));
    CHECK_NOTHROW(decode_image(text_jpeg("gate: no picture")));
    FrameImage broken{640, 480, {1, 2, 3}};
    CHECK_THROWS_AS((void)annotated_jpeg(broken, nullptr, ""), DomainError);
}
