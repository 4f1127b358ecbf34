#include <doctest/doctest.h>

#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/profile/drift.hpp"

using namespace ekya;
using doctest::Approx;

TEST_CASE("total_variation: the part that would have to change class") {
    const ClassShares a{{"car", 0.5}, {"sign", 0.5}}, b{{"car", 0.8}, {"sign", 0.2}},
        other{{"tram", 1.0}};
    CHECK(total_variation(a, a) == 0);
    CHECK(total_variation(a, b) == Approx(0.3));
    CHECK(total_variation(b, a) == Approx(0.3));
    CHECK(total_variation(a, other) == Approx(1));
    CHECK_THROWS_AS((void)total_variation(a, {{"car", 1.5}}), DomainError);
    const std::vector<std::string> labels{"car", "car", "sign", "car"};
    CHECK(class_shares(labels) == ClassShares{{"car", 0.75}, {"sign", 0.25}});
    CHECK(class_shares({}).empty());
}

TEST_CASE(
    "chance_variation: falls with the square root of the labels; one class alone cannot vary") {
    const ClassShares half{{"car", 0.5}, {"sign", 0.5}};
    CHECK(chance_variation(half, 100, 100) ==
          Approx(0.0564).epsilon(0.01));  // sqrt(2 / pi * 0.25 * 0.02)
    CHECK(chance_variation(half, 400, 400) == Approx(chance_variation(half, 100, 100) / 2));
    CHECK(chance_variation({{"car", 1.0}}, 10, 10) == 0);
    CHECK(chance_variation(half, 0, 10) == 0);
}

TEST_CASE(
    "frechet_distance: 0 for the same, 1 for means one deviation apart, wider spread counts") {
    const FeatureSummary a{{0, 0}, {1, 1}, 10}, moved{{1, 1}, {1, 1}, 10},
        wider{{0, 0}, {4, 4}, 10};
    CHECK(frechet_distance(a, a) == 0);
    CHECK(frechet_distance(a, moved) == Approx(1));
    CHECK(frechet_distance(a, wider) == Approx(1));  // (2 - 1)^2 each, per mean variance
    CHECK_THROWS_AS((void)frechet_distance(a, {{0}, {1}, 10}), DomainError);
    CHECK_THROWS_AS((void)frechet_distance({}, {}), DomainError);
    const std::vector<float> rows{0, 10, 2, 20};
    const auto summary = summarise(rows, 2);
    CHECK(summary.count == 2);
    CHECK(summary.mean == std::vector<double>{1, 15});
    CHECK(summary.variance == std::vector<double>{1, 25});
    CHECK_THROWS_AS((void)summarise(rows, 3), DomainError);
    CHECK(summarise({}, 0).count == 0);
}

TEST_CASE("judge_drift: a fall must be large and probable") {
    const auto drifted = judge_drift({0.8, 60, 0.6, 75});
    CHECK(drifted.drifted);
    CHECK(*drifted.accuracy_fall == Approx(0.2));
    CHECK(*drifted.fall_probability > 0.98);
    CHECK_FALSE(
        judge_drift({0.8, 15, 0.74, 75}).drifted);  // six points between 15 and 75 labels are noise
    CHECK_FALSE(judge_drift({0.8, 5000, 0.76, 5000}).drifted);  // certain, but four points
    CHECK(judge_drift({0.8, 5000, 0.74, 5000}).drifted);
    const auto better = judge_drift({0.6, 60, 0.8, 75});
    CHECK_FALSE(better.drifted);
    CHECK(*better.accuracy_fall == Approx(-0.2));
    CHECK(*better.fall_probability < 0.02);
    CHECK(judge_drift({0.8, 15, 0.74, 75}, {0.05, 0.5}).drifted);
}

TEST_CASE("judge_drift: nothing measured, nothing said; values out of range are refused") {
    CHECK(judge_drift({0.8, 0, 0.2, 75}) == Drift{});
    CHECK(judge_drift({0.8, 10, 0.2, 0}) == Drift{});
    CHECK_THROWS_AS((void)judge_drift({1.2, 10, 0.2, 10}), DomainError);
    CHECK_THROWS_AS((void)judge_drift({0.8, 10, 0.2, 10}, {0.05, 0.2}), DomainError);
}

TEST_CASE(
    "gain_after_drift: at least an eighth of the way to the part of the error that drift brought") {
    Drift drift;
    drift.drifted = true;
    drift.accuracy_fall = 0.3;
    CHECK(gain_after_drift(0.2, 0.5, drift) ==
          Approx(0.25));  // 0.3 of an error of 0.5 came by drift
    CHECK(gain_after_drift(0.7, 0.5, drift) == Approx(0.7));
    CHECK(gain_after_drift(0.2, 1, drift) == Approx(0.2));
    drift.drifted = false;
    CHECK(gain_after_drift(0.2, 0.5, drift) == Approx(0.2));
}
