#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/video/object_finder.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

// A textured background, and a bright square of 40 pixels with its left edge at `left` (none if
// negative).
Frame street(std::int64_t index, int left) {
    FrameImage image{640, 360, {}};
    for (int y = 0; y < 360; ++y) {
        for (int x = 0; x < 640; ++x) {
            const bool object = left >= 0 && x >= left && x < left + 40 && y >= 200 && y < 240;
            image.bgr.insert(
                image.bgr.end(), 3,
                static_cast<std::uint8_t>(object ? 240 : 60 + (x / 16 + y / 16) % 2 * 20));
        }
    }
    Frame frame;
    frame.index = index;
    frame.time = static_cast<double>(index);
    frame.set_image(std::move(image));
    return frame;
}

}  // namespace

TEST_CASE("annotation_finder: the boxes of the frame, clipped to it") {
    const auto finder = annotation_finder(
        {"b.csv", {{2, "car", {600, 0, 700, 10}}, {0, "car", {1, 2, 3, 4}}}, {2, 3}});
    CHECK(finder->name() == "annotations");
    CHECK(finder->find(street(0, -1)) == std::vector<Box>{{1, 2, 3, 4}});
    CHECK(finder->find(street(1, -1)).empty());
    CHECK(finder->find(street(2, -1)) == std::vector<Box>{{600, 0, 640, 10}});
    const auto outside = annotation_finder({"b.csv", {{0, "car", {640, 0, 700, 10}}}, {7}});
    CHECK(contains(message_of<InputError>([&] { (void)outside->find(street(0, -1)); }), "b.csv:7"));
}

TEST_CASE("frame_finder: the whole frame") {
    CHECK(frame_finder()->name() == "frame");
    CHECK(frame_finder()->find(street(0, -1)) == std::vector<Box>{{0, 0, 640, 360}});
}

TEST_CASE("motion_finder: finds what moves and nothing else, the same each time") {
    const auto run = [] {
        const auto finder = motion_finder();
        CHECK(finder->name() == "motion");
        std::vector<std::vector<Box>> found;
        for (int i = 0; i < 40; ++i) {
            found.push_back(finder->find(street(i, i < 20 ? -1 : 8 * i)));
        }
        return found;
    };
    const auto found = run();
    for (int i = 0; i < 20; ++i) {
        CHECK(found[static_cast<std::size_t>(i)].empty());
    }
    for (int i = 22; i < 40; ++i) {
        const auto& boxes = found[static_cast<std::size_t>(i)];
        const Box expected{8.0 * i, 200, 8.0 * i + 40, 240};
        REQUIRE(boxes.size() == 1);
        CHECK(iou(boxes[0], expected) > 0.6);
    }
    CHECK(run() == found);
}

TEST_CASE(
    "motion_finder: small and frame-filling changes are left out; a change of size is no crash") {
    MotionOptions options;
    options.warm_up = 0;
    options.min_area = 0.05;
    const auto finder = motion_finder(options);
    for (int i = 0; i < 20; ++i) {
        CHECK(finder->find(street(i, i < 10 ? -1 : 8 * i)).empty());
    }
    Frame bright;
    bright.set_image({640, 360, std::vector<std::uint8_t>(640 * 360 * 3, 255)});
    CHECK(finder->find(bright).empty());
}

TEST_CASE("motion_finder: options out of range are named") {
    const auto complaint = [](auto change) {
        MotionOptions options;
        change(options);
        return message_of<DomainError>([&] { (void)motion_finder(options); });
    };
    CHECK(contains(complaint([](auto& o) { o.width = 1; }), "width"));
    CHECK(contains(complaint([](auto& o) { o.min_area = std::nan(""); }), "min_area"));
    CHECK(contains(complaint([](auto& o) { o.max_area = 0.0001; }), "max_area"));
    CHECK(contains(complaint([](auto& o) { o.history = 0; }), "history"));
    CHECK(contains(complaint([](auto& o) { o.threshold = 0; }), "threshold"));
    CHECK(contains(complaint([](auto& o) { o.warm_up = -1; }), "warm_up"));
}

TEST_CASE("motion_finder: the cars of a street seen by a fixed camera") {
    const auto video = shared_data("videos/car-detection.mp4");
    if (!video) {
        return;
    }
    const auto finder = motion_finder();
    FrameSource source(*video);
    Frame frame;
    int with_car = 0, without_car = 0;
    while (source.next(frame)) {
        const auto boxes = finder->find(frame);
        const bool large = std::any_of(boxes.begin(), boxes.end(),
                                       [](const Box& box) { return box.area() > 3000; });
        const auto i = frame.index;
        const bool car = (i >= 60 && i <= 105) || (i >= 190 && i <= 235) || (i >= 320 && i <= 342);
        const bool empty = (i >= 15 && i <= 50) || (i >= 115 && i <= 175) || (i >= 245 && i <= 310);
        with_car += car && large ? 1 : 0;
        without_car += empty && large ? 1 : 0;
    }
    MESSAGE("boxes above 3000 pixels: in " << with_car << " of 115 frames with a car, in "
                                           << without_car << " of 163 without");
    CHECK(with_car >= 90);
    CHECK(without_car <= 40);
}
