#include <doctest/doctest.h>

#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/device/share_governor.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

/// A machine whose time and CPU use the test decides.
class FakeClock : public Clock {
public:
    [[nodiscard]] Seconds now() const override { return now_; }
    void sleep(Seconds duration) override {
        now_ += duration;
        slept_ += duration;
    }
    /// The process computes for `wall` seconds on `cores` cores.
    void work(Seconds wall, double cores) {
        now_ += wall;
        cpu_ += wall * cores;
    }
    [[nodiscard]] Seconds cpu() const { return cpu_; }
    [[nodiscard]] Seconds slept() const { return slept_; }

private:
    Seconds now_ = 1000, cpu_ = 50, slept_ = 0;
};

ShareGovernor governor_of(double share, int cores, FakeClock& clock) {
    return {share, cores, clock, [&clock] { return clock.cpu(); }};
}

/// CPU seconds per second that a job gets which works in steps of `step` seconds on all its cores.
double rate(double share, int cores, Seconds step, int steps) {
    FakeClock clock;
    auto governor = governor_of(share, cores, clock);
    const Seconds cpu = clock.cpu(), wall = clock.now();
    for (int i = 0; i < steps; ++i) {
        clock.work(step, cores);
        governor.throttle();
    }
    return (clock.cpu() - cpu) / (clock.now() - wall);
}

}  // namespace

TEST_CASE(
    "ShareGovernor: in the long run exactly share x cores of CPU time, whatever the length of a "
    "step") {
    for (const double share : {0.05, 0.3, 0.5, 0.9})
        for (const int cores : {1, 2, 16})
            for (const Seconds step : {0.001, 0.02, 1.5}) {
                CAPTURE(share);
                CAPTURE(cores);
                CAPTURE(step);
                CHECK(rate(share, cores, step, 500) == Approx(share * cores).epsilon(1e-6));
            }
}

TEST_CASE("ShareGovernor: a share of all cores never waits") {
    FakeClock clock;
    auto governor = governor_of(1, 4, clock);
    for (int i = 0; i < 100; ++i) {
        clock.work(0.05, 4);
        governor.throttle();
    }
    CHECK(clock.slept() == Approx(0));
}

TEST_CASE("ShareGovernor: one core of four used at a share of a quarter is not slowed down") {
    FakeClock clock;
    auto governor = governor_of(0.25, 4, clock);
    for (int i = 0; i < 100; ++i) {
        clock.work(0.05, 1);
        governor.throttle();
    }
    CHECK(clock.slept() == Approx(0));
}

TEST_CASE("ShareGovernor: wait_needed is what the CPU time used must be paid with") {
    FakeClock clock;
    auto governor = governor_of(0.25, 2, clock);
    CHECK(governor.wait_needed() == 0);
    clock.work(1, 1);  // 1 CPU second pays for 1 / (0.25 * 2) = 2 seconds, one has passed
    CHECK(governor.wait_needed() == Approx(1));
    CHECK(governor.wait_needed() == Approx(1));  // asking changes nothing
    clock.sleep(0.4);
    CHECK(governor.wait_needed() == Approx(0.6));
    governor.throttle();
    CHECK(governor.wait_needed() == Approx(0));
}

TEST_CASE("ShareGovernor: idle time is credited up to 0.2 s, not more") {
    FakeClock clock;
    auto governor = governor_of(0.5, 1, clock);
    clock.sleep(1000);
    CHECK(governor.wait_needed() == 0);
    clock.work(0.2, 1);  // pays for 0.4 s: 0.2 s passed and 0.2 s of credit
    CHECK(governor.wait_needed() == Approx(0));
    clock.work(0.2, 1);  // the credit is used up
    CHECK(governor.wait_needed() == Approx(0.2));
}

TEST_CASE("ShareGovernor: over any stretch no more than the share and the credit") {
    FakeClock clock;
    auto governor = governor_of(0.4, 2, clock);
    for (int burst = 0; burst < 50; ++burst) {
        clock.sleep(burst % 7);
        governor.throttle();
        const Seconds cpu = clock.cpu(), wall = clock.now();
        for (int i = 0; i < 100; ++i) {
            clock.work(0.01, 2);
            governor.throttle();
        }
        CHECK(clock.cpu() - cpu <= 0.4 * 2 * (clock.now() - wall + 0.2) + 1e-9);
    }
}

TEST_CASE(
    "ShareGovernor: a new share holds from now on, neither debt nor credit of the old one counts") {
    FakeClock clock;
    auto governor = governor_of(0.1, 1, clock);
    clock.work(1, 1);
    CHECK(governor.wait_needed() == Approx(9));
    governor.set_share(0.5);
    CHECK(governor.share() == 0.5);
    CHECK(governor.wait_needed() == 0);
    clock.work(1, 1);
    CHECK(governor.wait_needed() == Approx(1));

    clock.sleep(100);
    governor.set_share(0.25);
    clock.work(1, 1);
    CHECK(governor.wait_needed() == Approx(3));
}

TEST_CASE("ShareGovernor: 0 = no limit, also when set later") {
    FakeClock clock;
    auto governor = governor_of(0, 1, clock);
    clock.work(100, 8);
    CHECK(governor.wait_needed() == 0);
    governor.set_share(0.01);
    clock.work(1, 1);
    CHECK(governor.wait_needed() > 90);
    governor.set_share(0);
    governor.throttle();
    CHECK(clock.slept() == 0);
}

TEST_CASE("ShareGovernor: negative and NaN shares are refused, the old one stays") {
    FakeClock clock;
    CHECK_THROWS_AS(governor_of(-0.1, 1, clock), DomainError);
    CHECK_THROWS_AS(governor_of(std::nan(""), 1, clock), DomainError);
    auto governor = governor_of(0.5, 1, clock);
    CHECK_THROWS_AS(governor.set_share(-1), DomainError);
    CHECK_THROWS_AS(governor.set_share(std::nan("")), DomainError);
    CHECK(governor.share() == 0.5);
}
