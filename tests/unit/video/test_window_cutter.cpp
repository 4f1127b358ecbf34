#include <doctest/doctest.h>

#include <limits>

#include "ekya/core/errors.hpp"
#include "ekya/video/window_cutter.hpp"

using namespace ekya;

TEST_CASE("window_of: windows are [start, end)") {
    CHECK(window_of(0, 30) == 0);
    CHECK(window_of(29.9, 30) == 0);
    CHECK(window_of(30, 30) == 1);
    CHECK(window_of(428, 30) == 14);
}

TEST_CASE("window_of: a timestamp rounded down to just below a border belongs after it") {
    CHECK(window_of(29.9995, 30) == 1);
    CHECK(window_of(29.998, 30) == 0);
    CHECK(window_of(-0.0005, 30) == 0);
    CHECK(window_of(0.1 * 3, 0.3) == 1);
    for (int frame = 0; frame < 3000;
         ++frame) {  // 30 frames a second in whole milliseconds, windows of 2 s
        CHECK(window_of(static_cast<int>(frame * 1000.0 / 30) / 1000.0, 2) == frame / 60);
    }
}

TEST_CASE("window_of: refuses what is no time or no window") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS((void)window_of(nan, 30), DomainError);
    CHECK_THROWS_AS((void)window_of(-1, 30), DomainError);
    CHECK_THROWS_AS((void)window_of(1, nan), DomainError);
    CHECK_THROWS_AS((void)window_of(1, 0), DomainError);
    CHECK_THROWS_AS((void)window_of(1, std::numeric_limits<double>::infinity()), DomainError);
    CHECK_THROWS_AS((void)window_of(1e12, 0.01), DomainError);
}
