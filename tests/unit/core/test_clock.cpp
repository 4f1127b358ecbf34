#include <doctest/doctest.h>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"

using namespace ekya;

TEST_CASE("usable_cores: at least one") { CHECK(usable_cores() >= 1); }

TEST_CASE("device_cores: all that may be used, unless the process was told of others") {
    CHECK(device_cores() == usable_cores());
    set_device_cores(7);
    CHECK(device_cores() == 7);
    CHECK_THROWS_AS(set_device_cores(0), DomainError);
    set_device_cores(usable_cores());
}

TEST_CASE(
    "SystemClock: never goes back, sleeps at least as long as asked, not at all for 0 or less") {
    SystemClock clock;
    const Seconds start = clock.now();
    clock.sleep(0.01);
    const Seconds later = clock.now();
    CHECK(later - start >= 0.01);
    clock.sleep(0);
    clock.sleep(-1000);
    CHECK(clock.now() >= later);
}

TEST_CASE("process_cpu_seconds: never goes back") {
    const Seconds start = process_cpu_seconds();
    CHECK(start >= 0);
    CHECK(process_cpu_seconds() >= start);
}
