#include <doctest/doctest.h>

#include "ekya/video/camera_check.hpp"

using namespace ekya;

TEST_CASE("estimate_growth: crops of a day as the frames looked at have them") {
    CameraReport report;
    report.fps = 10;
    report.frames = 20;
    report.objects = 40;
    estimate_growth(report, 32, 1);
    CHECK(report.gigabytes_per_day == doctest::Approx(5.308416));  // 20 crops a second, 3072 bytes
    estimate_growth(report, 32, 5);
    CHECK(report.gigabytes_per_day == doctest::Approx(5.308416 / 5));
    report.objects = -1;  // nobody was asked
    estimate_growth(report, 32, 1);
    CHECK(report.gigabytes_per_day == 0);
}
