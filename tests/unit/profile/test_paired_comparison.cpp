#include <doctest/doctest.h>

#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/profile/paired_comparison.hpp"
#include "ekya/profile/score.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

std::vector<Grade> graded(const std::vector<double>& earned) {
    std::vector<Grade> grades;
    for (const double e : earned) grades.push_back({e, 1, 1});
    return grades;
}

}  // namespace

TEST_CASE("compare: only where one of the two is right does a crop count for a side") {
    const auto c = compare(graded({1, 1, 0, 1, 1, 0}), graded({1, 0, 1, 1, 0, 0}));
    CHECK(c == PairedComparison{6, 2, 1, 2});
    CHECK(c.incumbent_accuracy() == Approx(4.0 / 6));
    CHECK(c.candidate_accuracy() == Approx(0.5));
    CHECK(c.fall() == Approx(1.0 / 6));
    CHECK(c.chance_of_loss() == Approx(sign_test(1, 2)));
    CHECK(c.chance_of_gain() == Approx(sign_test(2, 1)));
    CHECK(c.text() == "won 1, lost 2 of 6");
}

TEST_CASE("compare: nothing to compare; lengths that differ are refused") {
    CHECK(compare({}, {}) == PairedComparison{});
    CHECK(PairedComparison{}.fall() == 0);
    CHECK_THROWS_AS((void)compare(graded({1}), {}), DomainError);
}

TEST_CASE("compare: frames' boxes, by the difference of the scores and how sure it is") {
    const std::vector<Grade> good{{36, 40, 20}, {34, 40, 20}, {18, 20, 10}},
        bad{{20, 40, 20}, {16, 38, 20}, {10, 20, 10}},
        alike{{36, 40, 20}, {32, 40, 20}, {19, 20, 10}};
    const auto worse = compare(good, bad);
    CHECK(worse.count == 50);
    CHECK(worse.lost == 3);
    CHECK(worse.fall() == Approx(0.88 - 46.0 / 98));
    CHECK(worse.chance_of_loss() < 0.001);
    CHECK(worse.chance_of_gain() > 0.999);
    const auto same = compare(good, alike);
    CHECK(same.fall() == Approx(0.01));
    CHECK(same.chance_of_loss() > 0.2);
    CHECK(compare(bad, good).chance_of_gain() < 0.001);
    // A single frame is no bootstrap, but its boxes are many.
    const auto one = compare(std::vector<Grade>{{36, 40, 20}}, std::vector<Grade>{{2, 40, 20}});
    CHECK(one.chance_of_loss() < 0.001);
    CHECK(one.text() == "0.050 against 0.900 on 20 labels");
}

TEST_CASE(
    "measured_labels: right or wrong ones by their weights, boxes by how their frames differ") {
    CHECK(measured_labels(graded({1, 0, 1, 1})) == 4);
    CHECK(measured_labels(graded({1, 0, 1, 1}), std::vector<double>{1, 1, 0, 0}) == 2);
    CHECK(measured_labels({}) == 0);
    const std::vector<Grade> even{{36, 40, 20}, {36, 40, 20}}, uneven{{40, 40, 20}, {16, 40, 20}};
    CHECK(measured_labels(even) == Approx(80));
    CHECK(measured_labels(uneven) < 10);
    CHECK(score_of(uneven) == Approx(0.7));
    CHECK(score_of(uneven, std::vector<double>{1, 0}) == Approx(1));
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
