#include <doctest/doctest.h>

#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/profile/paired_comparison.hpp"

using namespace ekya;
using doctest::Approx;

TEST_CASE("compare_answers: only where one of the two is right does a crop count for a side") {
    const std::vector<int> labels{0, 0, 1, 1, 2, 2}, incumbent{0, 0, 0, 1, 2, 0},
        candidate{0, 1, 1, 1, 0, 1};
    const auto c = compare_answers(labels, incumbent, candidate);
    CHECK(c == PairedComparison{6, 2, 1, 2});
    CHECK(c.incumbent_accuracy() == Approx(4.0 / 6));
    CHECK(c.candidate_accuracy() == Approx(0.5));
    CHECK(c.fall() == Approx(1.0 / 6));
}

TEST_CASE("compare_answers: nothing to compare; lengths that differ are refused") {
    const std::vector<int> none, one{0};
    CHECK(compare_answers(none, none, none) == PairedComparison{});
    CHECK(PairedComparison{}.fall() == 0);
    CHECK_THROWS_AS((void)compare_answers(one, none, one), DomainError);
    CHECK_THROWS_AS((void)compare_answers(one, one, none), DomainError);
}

TEST_CASE("sign_test: the coin's tail by hand") {
    CHECK(sign_test(0, 0) == 1);
    CHECK(sign_test(0, 1) == Approx(0.5));
    CHECK(sign_test(0, 4) == Approx(1.0 / 16));
    CHECK(sign_test(1, 4) == Approx(6.0 / 32));
    CHECK(sign_test(5, 0) == Approx(1));
    CHECK(sign_test(3, 3) == Approx(42.0 / 64));
    CHECK(sign_test(4000, 4000) == Approx(0.5).epsilon(0.02));  // neither overflows nor underflows
    CHECK_THROWS_AS((void)sign_test(-1, 2), DomainError);
}
