#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include "ekya/core/clock.hpp"
#include "ekya/core/run_clock.hpp"

using namespace ekya;

namespace {

/// The run's clock as text with other numbers.
std::string changed(double monotonic, double wall, std::string boot = {}) {
    std::istringstream words(run_clock());
    std::string own;
    words >> own;
    return (boot.empty() ? own : boot) + " " + std::to_string(monotonic) + " " +
           std::to_string(wall);
}

/// The test's own run again, whatever the case did.
struct Restored {
    std::string before = run_clock();
    ~Restored() { join_run_clock(before); }
};

}  // namespace

TEST_CASE("run_time: the wall clock's to begin with, goes on with the monotonic clock") {
    const Restored restored;
    CHECK(run_time() == doctest::Approx(unix_time()).epsilon(1e-9));
    const double ahead = run_time() - SystemClock().now();
    SystemClock().sleep(0.02);
    CHECK(run_time() - SystemClock().now() == doctest::Approx(ahead).epsilon(1e-12));
}

TEST_CASE("join_run_clock: on the same machine by the monotonic clock, whatever the wall says") {
    const Restored restored;
    // The run began before the wall clock was set forward by an hour.
    join_run_clock(changed(1000, -3600));
    CHECK(run_time() == doctest::Approx(SystemClock().now() + 1000));
    const std::string handed_on = run_clock();
    join_run_clock(handed_on);
    CHECK(run_time() == doctest::Approx(SystemClock().now() + 1000));
}

TEST_CASE("join_run_clock: on another machine by the wall clock, less what it was set") {
    const Restored restored;
    join_run_clock(changed(5, -3600, "6e6e8f2c-0000-4000-8000-000000000000"));
    CHECK(run_time() == doctest::Approx(unix_time() - 3600));
    join_run_clock(changed(5, 40, "-"));
    CHECK(run_time() == doctest::Approx(unix_time() + 40));
}

TEST_CASE("join_run_clock: text that is none changes nothing") {
    const Restored restored;
    const double ahead = run_time() - SystemClock().now();
    for (const std::string text : {"", "x", "a b c", "a 1", "a 1 x", "a nan 0", "a 1 inf", " \n"}) {
        CAPTURE(text);
        join_run_clock(text);
        CHECK(run_time() - SystemClock().now() == doctest::Approx(ahead).epsilon(1e-12));
    }
}

TEST_CASE("StampClock: nothing is older than it is while files of both settings are there") {
    StampClock clock(600);
    const double start = 1'700'000'000;
    CHECK(clock.now(start, start) == start);
    CHECK(clock.now(start + 10, start + 10) == start + 10);
    SUBCASE("an hour forward") {
        CHECK(clock.now(start + 20, start + 3620) == start + 20);
        CHECK(clock.now(start + 600, start + 4200) == start + 600);
        // All files from before are older than 600 s.
        CHECK(clock.now(start + 621, start + 4221) == start + 4221);
    }
    SUBCASE("an hour back") {
        CHECK(clock.now(start + 20, start - 3580) == start - 3580);
        CHECK(clock.now(start + 700, start - 2900) == start - 2900);
    }
    SUBCASE("forward and back again: what was written between has stamps of the future") {
        CHECK(clock.now(start + 20, start + 3620) == start + 20);
        CHECK(clock.now(start + 30, start + 30) == start + 30);
        CHECK(clock.now(start + 5000, start + 5000) == start + 5000);
    }
    SUBCASE("from 1970 to today") {
        StampClock box(600);
        CHECK(box.now(100, 100) == 100);
        CHECK(box.now(200, start) == 200);
        CHECK(box.now(900, start + 700) == start + 700);
    }
}
