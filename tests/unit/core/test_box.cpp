#include <doctest/doctest.h>

#include "ekya/core/box.hpp"

using namespace ekya;
using doctest::Approx;

TEST_CASE("Box: width, height, area; 0 for an empty or inverted one") {
    CHECK(Box{10, 20, 40, 60}.width() == 30);
    CHECK(Box{10, 20, 40, 60}.height() == 40);
    CHECK(Box{10, 20, 40, 60}.area() == 1200);
    CHECK(Box{10, 20, 10, 60}.area() == 0);
    CHECK(Box{40, 20, 10, 60}.area() == 0);
    CHECK(Box{40, 60, 10, 20}.area() == 0);
}

TEST_CASE("iou: identical 1, apart 0, half covered 1/3, one inside the other") {
    const Box box{10, 10, 20, 20};
    CHECK(iou(box, box) == 1);
    CHECK(iou(box, {30, 10, 40, 20}) == 0);
    CHECK(iou(box, {20, 10, 30, 20}) == 0);  // x1 is exclusive: they only touch
    CHECK(iou(box, {15, 10, 25, 20}) == Approx(1.0 / 3));
    CHECK(iou({15, 10, 25, 20}, box) == Approx(1.0 / 3));
    CHECK(iou(box, {10, 10, 15, 15}) == Approx(0.25));
}

TEST_CASE("iou: empty and inverted boxes overlap nothing") {
    const Box box{0, 0, 10, 10}, empty{5, 5, 5, 5}, inverted{8, 8, 2, 2};
    CHECK(iou(box, empty) == 0);
    CHECK(iou(empty, empty) == 0);
    CHECK(iou(box, inverted) == 0);
    CHECK(iou(inverted, inverted) == 0);
}

TEST_CASE("clip: inside unchanged, over the border cut, outside empty") {
    CHECK(clip({10, 10, 20, 20}, 100, 50) == Box{10, 10, 20, 20});
    CHECK(clip({-5, -6, 120, 70}, 100, 50) == Box{0, 0, 100, 50});
    CHECK(clip({90, 40, 120, 45}, 100, 50) == Box{90, 40, 100, 45});
    CHECK(clip({200, 10, 220, 20}, 100, 50).area() == 0);
    CHECK(clip({-20, -20, -10, -10}, 100, 50).area() == 0);
}
