#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "ekya/core/limits.hpp"
#include "ekya/video/frame_clock.hpp"

using ekya::FrameClock;

TEST_CASE("FrameClock: constant rate numbers by timestamp, a lost frame leaves a hole") {
    FrameClock clock(25, true);
    CHECK(clock.place(7.00).index == 0);
    CHECK(clock.place(7.04).index == 1);
    const auto after_loss = clock.place(7.16);
    CHECK(after_loss.index == 4);
    CHECK(after_loss.time == doctest::Approx(0.16));
}

TEST_CASE("FrameClock: timestamps in whole milliseconds keep their numbers") {
    FrameClock clock(30, true);
    for (int i = 0; i < 1000; ++i) {
        CHECK(clock.place(static_cast<int>(i * 1000.0 / 30) / 1000.0).index == i);
    }
}

TEST_CASE("FrameClock: a rate that does not fit the timestamps ends in counting") {
    FrameClock clock(25, true);
    for (int i = 0; i < 500; ++i) {
        CHECK(clock.place(i / 24.9).index == i);
    }
}

TEST_CASE("FrameClock: variable rate counts") {
    FrameClock clock(25, false);
    CHECK(clock.place(0).index == 0);
    CHECK(clock.place(3.3).index == 1);
    const auto last = clock.place(3.35);
    CHECK(last.index == 2);
    CHECK(last.time == doctest::Approx(3.35));
}

TEST_CASE("FrameClock: missing timestamps are previous + 1/fps") {
    FrameClock clock(10, true);
    CHECK(clock.place(std::nullopt).time == 0);
    CHECK(clock.place(std::nullopt).time == doctest::Approx(0.1));
    const auto found = clock.place(50.0);  // the first one there is takes the place it has
    CHECK(found.time == doctest::Approx(0.2));
    CHECK(found.index == 2);
    CHECK(clock.place(50.1).time == doctest::Approx(0.3));
}

TEST_CASE("FrameClock: one timestamp that goes back is a glitch") {
    FrameClock clock(10, true);
    clock.place(0.0);
    clock.place(0.1);
    const auto glitch = clock.place(0.05);
    CHECK(glitch.index == 2);
    CHECK(glitch.time == doctest::Approx(0.2));
    const auto after = clock.place(0.3);
    CHECK(after.index == 3);
    CHECK(after.time == doctest::Approx(0.3));
}

TEST_CASE("FrameClock: timestamps that start anew run on from the last frame") {
    FrameClock clock(10, true);
    for (int i = 0; i < 20; ++i) {
        clock.place(i / 10.0);
    }
    for (int i = 0; i < 30; ++i) {
        const auto place = clock.place(i / 10.0);
        CHECK(place.index == 20 + i);
        CHECK(place.time == doctest::Approx(2 + i / 10.0));
    }
}

TEST_CASE("FrameClock: one timestamp far ahead is a glitch, two are a leap") {
    FrameClock clock(10, true);
    clock.place(0.0);
    CHECK(clock.place(70000.0).index == 1);
    CHECK(clock.place(0.2).index == 2);
    CHECK(clock.place(60.0).index == 3);
    CHECK(clock.place(60.1).index == 601);
    CHECK(clock.place(60.2).index == 602);
}

TEST_CASE("FrameClock: a leap of more than five minutes is left out, wherever it is") {
    FrameClock clock(10, true);
    clock.place(0.0);
    CHECK(clock.place(1e8).leap == 0);  // alone it would be a glitch
    const auto leapt = clock.place(1e8 + 0.1);
    CHECK(leapt.index == 2);
    CHECK(leapt.time == doctest::Approx(0.2));
    CHECK(leapt.leap == doctest::Approx(1e8));
    CHECK(clock.place(1e8 + 0.2).time == doctest::Approx(0.3));

    FrameClock late(10, true);
    late.set_origin(0);
    CHECK(late.place(1e8).time == 0);
    CHECK(late.place(1e8 + 0.1).time == doctest::Approx(0.1));
}

TEST_CASE("FrameClock: no series of timestamps makes time run faster than five minutes a frame") {
    const double big = 9.2e18, none = std::nan("");
    const std::vector<std::vector<double>> attacks{
        {0, 1e8, 0, 1e8, 0, 1e8},   {0, 0, 0, 0, 0, 0},         {9, 8, 7, 6, 5, 4},
        {-1e9, -1e8, -1e7, 0, 1e7}, {0, 299, 598, 897, 1196},   {0, 1e3, 1e6, 1e9, 1e12, 1e15},
        {big, -big, big, -big},     {none, 1, none, 1e8, none}, {-big, big, big, big},
    };
    for (const double fps : {0.01, 1.0, 25.0, 1000.0}) {
        for (const auto& attack : attacks) {
            FrameClock clock(fps, true);
            FrameClock::Place last{-1, 0};
            for (const double timestamp : attack) {
                const auto place = clock.place(timestamp);
                CHECK(place.index > last.index);
                CHECK((place.time > last.time || last.index < 0));
                CHECK(place.time <= last.time + ekya::limits::leap_seconds);
                CHECK(static_cast<double>(place.index - last.index) <=
                      1 + fps * ekya::limits::leap_seconds);
                last = place;
            }
        }
    }
}

TEST_CASE("FrameClock: held back, time hardly moves; it goes on where it was held") {
    FrameClock clock(10, false);
    clock.place(0.0, 100);
    CHECK(clock.place(5.0, 3).time == doctest::Approx(3));
    CHECK(clock.place(9.0, 3).time == doctest::Approx(3.001));
    CHECK(clock.place(9.1, 100).time == doctest::Approx(3.101));
}

TEST_CASE("FrameClock: frames far apart keep their times") {
    FrameClock clock(25, false);
    clock.place(0.0);
    clock.place(60.0);  // not believed alone
    for (int i = 2; i < 10; ++i) {
        const auto place = clock.place(i * 60.0);
        CHECK(place.time == doctest::Approx(i * 60.0));
        CHECK(place.index == i);
    }
}

TEST_CASE("FrameClock: after a reconnect time goes on where it is told") {
    FrameClock clock(10, false);
    clock.place(100.0);
    clock.place(100.1);
    clock.continue_at(7.5);
    CHECK(clock.place(3.0).time == doctest::Approx(7.5));
    CHECK(clock.place(3.1).time == doctest::Approx(7.6));
    clock.continue_at(1.0);  // earlier than the last frame: one interval after it
    CHECK(clock.place(9.0).time == doctest::Approx(7.7));
    clock.continue_at(20);
    CHECK(clock.place(std::nullopt).time == doctest::Approx(20));
    CHECK(clock.place(5.0).time == doctest::Approx(20.1));
    CHECK(clock.place(5.1).index == 7);
}

TEST_CASE("FrameClock: frames lost before the first keep their numbers when the origin is known") {
    FrameClock clock(25, true);
    clock.set_origin(1.0);
    const auto first = clock.place(1.4);
    CHECK(first.index == 10);
    CHECK(first.time == doctest::Approx(0.4));
}
