#include <doctest/doctest.h>

#include <cstdlib>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"

using namespace ekya;

TEST_CASE("usable_cores: at least one") { CHECK(usable_cores() >= 1); }

TEST_CASE("device_cores: what ekya-run says, else all that may be used") {
    unsetenv("EKYA_CORES");
    CHECK(device_cores() == usable_cores());
    setenv("EKYA_CORES", "7", 1);
    CHECK(device_cores() == 7);
    for (const auto* wrong : {"", "0", "-1", "2.5", "many"}) {
        setenv("EKYA_CORES", wrong, 1);
        CHECK_THROWS_AS((void)device_cores(), ConfigError);
    }
    unsetenv("EKYA_CORES");
}

TEST_CASE("SystemClock: never goes back, sleeps at least as long as asked, not at all for 0 or less") {
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
