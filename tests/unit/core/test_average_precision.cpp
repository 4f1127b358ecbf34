#include <doctest/doctest.h>

#include "ekya/core/average_precision.hpp"
#include "ekya/core/errors.hpp"

using namespace ekya;
using doctest::Approx;

TEST_CASE("average_precision: all objects found and nothing else -> 1, also in 7 or 29 parts") {
    for (const int objects : {1, 2, 7, 29, 100}) {
        std::vector<RankedAnswer> answers(static_cast<std::size_t>(objects), {0.5, true});
        CHECK(average_precision(answers, objects) == Approx(1));
    }
}

TEST_CASE("average_precision: without answers, or with false ones only, 0") {
    CHECK(average_precision({}, 3) == 0);
    CHECK(average_precision({{0.9, false}, {0.8, false}}, 3) == 0);
}

TEST_CASE("average_precision: recall that is not reached counts 0") {
    // Recall 0.5: of the points 0, 0.01, ..., 1 the first 51.
    CHECK(average_precision({{0.9, true}}, 2) == Approx(51.0 / 101));
}

TEST_CASE("average_precision: at each recall the best precision from there on") {
    // By falling score: right, wrong, right, right. Precision 1, 1/2, 2/3, 3/4 at recall 1/4, 1/4,
    // 2/4, 3/4; the precision at 2/4 is that at 3/4.
    CHECK(average_precision({{0.9, true}, {0.8, false}, {0.7, true}, {0.6, true}}, 4) ==
          Approx((26 * 1.0 + 50 * 0.75) / 101));
    CHECK(average_precision({{0.6, true}, {0.8, false}, {0.9, true}, {0.7, true}}, 4) ==
          Approx((26 * 1.0 + 50 * 0.75) / 101));  // whatever their order
}

TEST_CASE("average_precision: a false answer behind all right ones costs nothing") {
    CHECK(average_precision({{0.9, true}, {0.1, false}}, 1) == Approx(1));
    CHECK(average_precision({{0.1, true}, {0.9, false}}, 1) == Approx(0.5));
}

TEST_CASE("average_precision: equal scores count in the order given") {
    CHECK(average_precision({{0.5, true}, {0.5, false}}, 1) == Approx(1));
    CHECK(average_precision({{0.5, false}, {0.5, true}}, 1) == Approx(0.5));
}

TEST_CASE("average_precision: without objects there is none") {
    CHECK_THROWS_AS((void)average_precision({}, 0), DomainError);
}
