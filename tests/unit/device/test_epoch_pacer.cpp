#include <doctest/doctest.h>

#include <limits>

#include "ekya/device/epoch_pacer.hpp"

using namespace ekya;

namespace {

class StillClock : public Clock {
public:
    [[nodiscard]] Seconds now() const override { return time; }
    void sleep(Seconds duration) override { time += duration; }
    Seconds time = 100;
};

}  // namespace

TEST_CASE("EpochPacer: without limit, or with time enough, all epochs are run") {
    StillClock clock;
    EpochPacer free(std::numeric_limits<Seconds>::infinity(), clock);
    CHECK(free.epochs_to_run(1, 30, 5) == 30);
    CHECK_FALSE(free.is_over());
    EpochPacer enough(200, clock);
    clock.time = 101;
    CHECK(enough.epochs_to_run(1, 30, 1) == 30);
}

TEST_CASE(
    "EpochPacer: only what fits before the end is run, and there is time for what comes after it") {
    StillClock clock;
    EpochPacer pacer(120, clock);
    clock.time = 102;  // an epoch takes 2 s, 18 s are left, one of them is kept back
    CHECK(pacer.epochs_to_run(1, 30, 2) == 9);
    clock.time = 104;
    CHECK(pacer.epochs_to_run(2, 30, 2) == 9);  // as foreseen: the same again
    clock.time = 110;
    CHECK(pacer.epochs_to_run(3, 30, 6) == 4);  // its share fell
    CHECK_FALSE(pacer.is_over());
    clock.time = 117;
    CHECK(pacer.is_over());
    CHECK(pacer.epochs_to_run(4, 30, 6) == 4);
}
