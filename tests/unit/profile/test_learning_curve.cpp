#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/profile/learning_curve.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

std::vector<CurvePoint> sample(const LearningCurve& curve, int epochs) {
    std::vector<CurvePoint> points;
    for (int e = 0; e <= epochs; ++e) points.push_back({static_cast<double>(e), curve.accuracy(e)});
    return points;
}

LearningCurve flat_fit(std::vector<double> accuracies) {
    std::vector<CurvePoint> points;
    for (const double a : accuracies) points.push_back({static_cast<double>(points.size()), a});
    return fit_learning_curve(points);
}

/// Curves that start between 0.2 and 0.7 and end between 0.65 and 0.95.
LearningCurve random_curve(std::mt19937& random) {
    std::uniform_real_distribution<double> uniform(0, 1);
    LearningCurve curve;
    curve.b2 = 0.05 + 0.3 * uniform(random);
    const double start = std::min(0.2 + 0.5 * uniform(random), 0.93 - curve.b2);
    curve.b1 = 1 / (1 - start - curve.b2);
    curve.b0 = curve.b1 * (0.1 + 0.9 * uniform(random));
    return curve;
}

}  // namespace

TEST_CASE("fit_learning_curve: recovers known parameters from a long series") {
    const LearningCurve truth{0.8, 2.0, 0.1};
    const auto fit = fit_learning_curve(sample(truth, 60));
    CHECK(fit.b0 == Approx(truth.b0).epsilon(0.02));
    CHECK(fit.b1 == Approx(truth.b1).epsilon(0.02));
    CHECK(fit.b2 == Approx(truth.b2).epsilon(0.02));
    CHECK(fit.rms_error < 1e-3);
}

TEST_CASE("fit_learning_curve: extrapolates 5 epochs to 30, without noise") {
    std::mt19937 random(1);
    std::vector<double> errors;
    for (int i = 0; i < 200; ++i) {
        const auto truth = random_curve(random);
        errors.push_back(
            std::abs(fit_learning_curve(sample(truth, 5)).accuracy(30) - truth.accuracy(30)));
    }
    std::sort(errors.begin(), errors.end());
    CHECK(errors[100] < 0.003);
    CHECK(errors[180] < 0.015);
}

TEST_CASE(
    "fit_learning_curve: with a noise of 2 points the median error at 30 epochs stays below the "
    "paper's 5.8") {
    std::mt19937 random(2);
    std::normal_distribution<double> noise(0, 0.02);
    std::vector<double> errors;
    for (int i = 0; i < 200; ++i) {
        const auto truth = random_curve(random);
        auto points = sample(truth, 5);
        for (auto& p : points) p.accuracy = std::clamp(p.accuracy + noise(random), 0.0, 1.0);
        errors.push_back(std::abs(fit_learning_curve(points).accuracy(30) - truth.accuracy(30)));
    }
    std::sort(errors.begin(), errors.end());
    CHECK(errors[100] < 0.045);
}

TEST_CASE(
    "fit_learning_curve: one point, constant and falling points give a flat curve at their mean") {
    CHECK(flat_fit({0.6}).accuracy(100) == Approx(0.6).epsilon(1e-3));
    CHECK(flat_fit({0.7, 0.7, 0.7, 0.7}).accuracy(300) == Approx(0.7).epsilon(1e-3));
    const auto falling = flat_fit({0.8, 0.7, 0.6});
    CHECK(falling.accuracy(0) == Approx(0.7).epsilon(0.01));
    CHECK(falling.accuracy(300) == Approx(0.7).epsilon(0.01));
}

TEST_CASE("fit_learning_curve: accuracies of exactly 0 and 1") {
    CHECK(flat_fit({1, 1, 1}).accuracy(30) == Approx(1).epsilon(1e-3));
    CHECK(flat_fit({0, 0, 0}).accuracy(30) == Approx(0).epsilon(1e-3));
    const auto jump = flat_fit({0, 1, 1, 1});
    CHECK(jump.accuracy(30) > 0.9);
    CHECK(jump.accuracy(30) <= 1);
}

TEST_CASE(
    "fit_learning_curve: two points are met, and half of the error left is expected to stay") {
    const auto fit = flat_fit({0.5, 0.7});
    CHECK(fit.accuracy(0) == Approx(0.5).epsilon(1e-3));
    CHECK(fit.accuracy(1) == Approx(0.7).epsilon(1e-3));
    CHECK(fit.accuracy(1e6) == Approx(0.85).epsilon(0.01));
}

TEST_CASE("fit_learning_curve: never falls, stays in [0, 1], for any points") {
    std::mt19937 random(3);
    std::uniform_real_distribution<double> uniform(0, 1);
    for (int i = 0; i < 500; ++i) {
        std::vector<CurvePoint> points;
        for (int e = 0; e < 1 + i % 7; ++e)
            points.push_back({10 * uniform(random), uniform(random), uniform(random)});
        const auto fit = fit_learning_curve(points);
        CHECK(fit.b0 >= 0);
        CHECK(fit.b1 >= 0);
        CHECK(fit.b2 >= 0);
        double last = 0;
        for (const double e : {0.0, 0.5, 1.0, 5.0, 50.0, 500.0}) {
            CHECK(fit.accuracy(e) >= last);
            last = fit.accuracy(e);
        }
        CHECK(last <= 1);
    }
}

TEST_CASE("fit_learning_curve: weights count, a point without weight does not") {
    const std::vector<CurvePoint> points{{0, 0.5}, {1, 0.5}, {2, 0.9, 0}};
    CHECK(fit_learning_curve(points).accuracy(2) == Approx(0.5).epsilon(1e-3));
}

TEST_CASE("fit_learning_curve: bad points are refused") {
    CHECK_THROWS_AS((void)fit_learning_curve({}), DomainError);
    for (const CurvePoint& bad :
         {CurvePoint{-1, 0.5}, CurvePoint{0, 1.5}, CurvePoint{0, std::nan("")},
          CurvePoint{0, 0.5, -1}, CurvePoint{0, 0.5, 0}})
        CHECK_THROWS_AS((void)fit_learning_curve(std::span(&bad, 1)), DomainError);
}
