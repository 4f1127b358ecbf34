#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/profile/carry_over.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

Box box_at(double x) { return {x, 0, x + 10, 10}; }

FrameObjects frame(std::int64_t index, std::vector<Box> boxes) {
    FrameObjects result;
    result.frame = index;
    for (const auto& box : boxes) result.objects.push_back({box, -1});
    return result;
}

/// One object of width 10 that moves `step` pixels per frame.
std::vector<FrameObjects> moving(int frames, double step) {
    std::vector<FrameObjects> result;
    for (int i = 0; i < frames; ++i) result.push_back(frame(i, {box_at(i * step)}));
    return result;
}

double by_trying_all(const std::vector<FrameObjects>& frames, std::size_t stride) {
    int objects = 0, found = 0;
    for (std::size_t i = 0; i < frames.size(); ++i)
        for (const auto& object : frames[i].objects) {
            bool hit = i % stride == 0;
            for (const auto& old : frames[i - i % stride].objects)
                hit = hit || iou(old.box, object.box) >= 0.3;
            ++objects;
            found += hit ? 1 : 0;
        }
    return static_cast<double>(found) / objects;
}

}  // namespace

TEST_CASE("carried_over: a stride of 1 loses nothing, nor do objects that stand still") {
    CHECK(carried_over(moving(7, 100), 1) == 1);
    CHECK(carried_over(moving(7, 0), 3) == 1);
}

TEST_CASE("carried_over: an object that leaves its box is lost until the next analysed frame") {
    CHECK(carried_over(moving(8, 100), 4) == Approx(2.0 / 8));
    CHECK(carried_over(moving(8, 4), 4) ==
          Approx(4.0 / 8));  // after 4 pixels IoU 6/14, after 8 it is 2/18
}

TEST_CASE("carried_over: new objects count as lost") {
    CHECK(carried_over(std::vector{frame(0, {box_at(0)}), frame(1, {box_at(0), box_at(50)})}, 2) ==
          Approx(2.0 / 3));
}

TEST_CASE(
    "carried_over: no frames or no objects -> 1; frames are counted from the first of the window") {
    CHECK(carried_over({}, 5) == 1);
    CHECK(carried_over(std::vector{frame(0, {})}, 5) == 1);
    CHECK(carried_over(std::vector{frame(901, {box_at(0)}), frame(902, {box_at(100)})}, 2) == 0.5);
}

TEST_CASE("carried_over: an empty box in an analysed frame is no loss") {
    CHECK(carried_over(std::vector{frame(0, {Box{}})}, 1) == 1);
}

TEST_CASE("carried_over: crowded frames agree with trying all pairs") {
    std::mt19937 random(5);
    std::uniform_real_distribution<double> uniform(0, 300);
    std::vector<FrameObjects> frames;
    for (int i = 0; i < 40; ++i) {
        frames.push_back(frame(i, {}));
        for (int o = 0; o < 60; ++o) {
            const double x = uniform(random), y = uniform(random);
            frames.back().objects.push_back(
                {{x, y, x + 5 + uniform(random) / 3, y + 5 + uniform(random) / 3}, -1});
        }
    }
    for (const int stride : {1, 2, 3, 7, 50})
        CHECK(carried_over(frames, stride) ==
              by_trying_all(frames, static_cast<std::size_t>(stride)));
}

TEST_CASE("carried_over: several strides at once, and a stride of 0 is refused") {
    const std::vector<int> strides{1, 4};
    CHECK(carried_over(moving(8, 100), strides) == std::vector<double>{1, 0.25});
    CHECK_THROWS_AS((void)carried_over({}, 0), DomainError);
}
