#include <doctest/doctest.h>

#include "ekya/live/behind_watch.hpp"

using ekya::BehindWatch;
using Kind = ekya::InferenceEvent::Kind;

TEST_CASE("BehindWatch: nothing skipped, nothing said") {
    BehindWatch watch;
    CHECK_FALSE(watch.update(0, 100));
    CHECK_FALSE(watch.update(0, 200));
}

TEST_CASE(
    "BehindWatch: said at the first skipped frame, then once a second while it goes on, and when "
    "it is over") {
    BehindWatch watch;
    CHECK(watch.update(1, 100) == Kind::behind);
    CHECK_FALSE(watch.update(2, 100.1));
    CHECK_FALSE(watch.update(9, 100.9));
    CHECK(watch.update(9, 101) == Kind::behind);  // those since 100
    CHECK_FALSE(watch.update(9, 101.5));
    CHECK(watch.update(9, 101.95) == Kind::caught_up);  // a second after the last one
    CHECK_FALSE(watch.update(9, 110));
    CHECK(watch.update(10, 111) == Kind::behind);
    CHECK(watch.update(10, 112) == Kind::caught_up);
}

TEST_CASE("BehindWatch: a skip that was not told yet is told before the end") {
    BehindWatch watch;
    CHECK(watch.update(1, 0) == Kind::behind);
    CHECK_FALSE(watch.update(2, 0.5));
    CHECK(watch.update(2, 1.6) == Kind::behind);
    CHECK(watch.update(2, 1.7) == Kind::caught_up);
}
