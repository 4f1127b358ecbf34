#include "ekya/schedule/plan/timeline.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace ekya;
using doctest::Approx;

TEST_CASE("Timeline: goes to a time, or to the first end before it") {
    Timeline timeline(2, 100, 1);
    timeline.begin(0, 5);
    timeline.begin(1, 30);
    timeline.hold(0, {0, 0.2, 0.5});
    timeline.hold(1, {0, 0.2, 0.5});
    CHECK(timeline.next_end() == Approx(10));
    CHECK(timeline.advance(4).empty());
    CHECK(timeline.now() == 4);
    CHECK(timeline.left(0) == Approx(3));
    CHECK(timeline.advance(100) == std::vector<std::size_t>{0});
    CHECK(timeline.now() == Approx(10));
    CHECK(timeline.left(0) == 0);
    CHECK(timeline.left(1) == Approx(25));
    timeline.hold(0, {0, 0.7, 0});
    timeline.hold(1, {0, 0.2, 1});
    CHECK(timeline.advance(100) == std::vector<std::size_t>{1});
    CHECK(timeline.now() == Approx(35));
    CHECK(timeline.advance(100).empty());
    CHECK(timeline.over());
    REQUIRE(timeline.steps(0).size() == 2);
    CHECK(timeline.steps(0)[1] == PlanStep{10, 0.7, 0});
    CHECK(timeline.steps(1)[1].start == Approx(10));
}

TEST_CASE("Timeline: a job uses at most max_job_share of what it holds") {
    Timeline timeline(1, 100, 0.5);
    timeline.begin(0, 10);
    timeline.hold(0, {0, 0, 2});
    CHECK(timeline.next_end() == Approx(20));
    CHECK(timeline.steps(0)[0].retraining_share == 2);
}

TEST_CASE("Timeline: an end a rounding error behind a time counts as reached then") {
    for (const double early : {0.0, 1e-9, -1e-9, 9e-8}) {
        Timeline timeline(1, 100, 1);
        timeline.begin(0, 10);
        timeline.hold(0, {0, 0, 1});
        CHECK(timeline.advance(10 - early).size() == 1);
        CHECK(timeline.now() == Approx(10));
        CHECK(timeline.now() <= 10 - early);
    }
    Timeline timeline(1, 100, 1);
    timeline.begin(0, 10);
    timeline.hold(0, {0, 0, 1});
    CHECK(timeline.advance(10 - 1e-6).empty());
}

TEST_CASE("Timeline: retrainings that end together end at once") {
    Timeline timeline(3, 100, 1);
    for (std::size_t v = 0; v < 3; ++v) {
        timeline.begin(v, 0.1 * static_cast<double>(v + 1));
        timeline.hold(v, {0, 0, 0.1 * static_cast<double>(v + 1)});
    }
    CHECK(timeline.advance(100) == std::vector<std::size_t>{0, 1, 2});
}

TEST_CASE("Timeline: an end at the horizon comes, one behind it never does") {
    Timeline timeline(2, 10, 1);
    timeline.begin(0, 10);
    timeline.begin(1, 10.001);
    for (const std::size_t v : {0, 1}) timeline.hold(v, {0, 0, 1});
    CHECK(std::isinf(timeline.end_of(1)));
    CHECK(timeline.advance(10) == std::vector<std::size_t>{0});
    CHECK(timeline.advance(20).empty());
    CHECK(timeline.left(1) == 0);
}

TEST_CASE("Timeline: paused, given up, and measured anew") {
    Timeline timeline(1, 100, 1);
    timeline.begin(0, 10);
    timeline.hold(0, {0, 0.5, 0.5});
    timeline.hold(0, {0, 0.5, 0});  // at the same time: takes the other's place
    CHECK(timeline.steps(0).size() == 1);
    CHECK(std::isinf(timeline.next_end()));
    CHECK(timeline.advance(20).empty());
    timeline.hold(0, {0, 0.5, 0.5});
    timeline.begin(0, 20);  // it takes longer than estimated
    CHECK(timeline.next_end() == Approx(60));
    timeline.stop(0);
    CHECK(timeline.advance(100).empty());
    CHECK(timeline.now() == 100);
}
