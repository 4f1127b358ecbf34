#include <doctest/doctest.h>

#include <cmath>

#include "ekya/video/box_fusion.hpp"

using namespace ekya;

namespace {

constexpr Box whole{0, 0, 100, 100};

}  // namespace

TEST_CASE("without_doubles: the stronger of two overlapping boxes stays, whatever their classes") {
    const auto kept = without_doubles(
        {{{0, 0, 10, 10}, "car", 0.4}, {{1, 0, 11, 10}, "bus", 0.9}, {{50, 0, 60, 10}, "car", 0.2}},
        0.45);
    REQUIRE(kept.size() == 2);
    CHECK(kept[0].class_name == "bus");
    CHECK(kept[1].score == 0.2);
    CHECK(without_doubles({}, 0.45).empty());
}

TEST_CASE(
    "fuse_boxes: corners are means weighted by the scores; all looks agree, so does the score") {
    const auto fused = fuse_boxes(
        {{{{{10, 10, 30, 30}, "car", 0.6}}, whole}, {{{{14, 10, 34, 30}, "car", 0.2}}, whole}});
    REQUIRE(fused.size() == 1);
    CHECK(fused[0].box.x0 == doctest::Approx(11));  // (0.6 * 10 + 0.2 * 14) / 0.8
    CHECK(fused[0].box.x1 == doctest::Approx(31));
    CHECK(fused[0].box.y0 == doctest::Approx(10));
    CHECK(fused[0].score == 0.6);
    CHECK(fused[0].class_name == "car");
}

TEST_CASE("fuse_boxes: only looks that could see all of the object speak against it") {
    const Detection left{{10, 10, 30, 30}, "car", 0.8};
    const Box left_half{0, 0, 50, 100}, right_half{50, 0, 100, 100};
    CHECK(fuse_boxes({{{left}, whole}, {{}, right_half}})[0].score == 0.8);
    CHECK(fuse_boxes({{{left}, whole}, {{}, left_half}})[0].score ==
          doctest::Approx(0.8 * std::sqrt(0.5)));
    CHECK(fuse_boxes({{{left}, whole}, {{left}, left_half}, {{}, right_half}})[0].score == 0.8);
}

TEST_CASE("fuse_boxes: other classes and other places stay apart, by falling score") {
    const auto fused = fuse_boxes({{{{{10, 10, 30, 30}, "car", 0.3},
                                     {{10, 10, 30, 30}, "bus", 0.5},
                                     {{60, 10, 80, 30}, "car", 0.4}},
                                    whole}});
    REQUIRE(fused.size() == 3);
    CHECK(fused[0].class_name == "bus");
    CHECK(fused[1].score == 0.4);
    CHECK(fused[2].score == 0.3);
    CHECK(fuse_boxes({}).empty());
    CHECK(fuse_boxes({{{}, whole}, {{}, whole}}).empty());
}
