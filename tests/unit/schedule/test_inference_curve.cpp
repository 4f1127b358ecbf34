#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/inference_choice.hpp"
#include "ekya/schedule/plan/inference_curve.hpp"
#include "problems.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

InferenceCurve published() {
    return InferenceCurve::interpolated(
        {{1, 1}, {2, .78}, {3, .64}, {4, .60}, {5, .44}, {10, .15}, {20, .04}}, 0.25);
}

double at(const std::vector<InferenceCurve::Point>& line, double share) {
    for (std::size_t i = 1; i < line.size(); ++i)
        if (share <= line[i].share) {
            const auto &a = line[i - 1], &b = line[i];
            return a.relative_accuracy + (b.relative_accuracy - a.relative_accuracy) *
                                             (share - a.share) / (b.share - a.share);
        }
    return line.back().relative_accuracy;
}

void check_hulls(const InferenceCurve& curve) {
    const auto upper = curve.upper_hull();
    for (const auto* hull : {&curve.hull(), &upper})
        for (std::size_t i = 2; i < hull->size(); ++i) {
            const auto &a = (*hull)[i - 2], &b = (*hull)[i - 1], &c = (*hull)[i];
            CHECK((c.relative_accuracy - b.relative_accuracy) * (b.share - a.share) <
                  (b.relative_accuracy - a.relative_accuracy) * (c.share - b.share));
        }
    for (const auto& point : curve.hull())
        CHECK(curve.relative_accuracy(point.share) ==
              Approx(point.relative_accuracy).epsilon(1e-9));
    for (int i = 0; i <= 3000; ++i) {
        const double share = i * 1e-4, relative = curve.relative_accuracy(share);
        CHECK(relative <= at(upper, share) + 1e-8);
        CHECK(relative <= at(curve.hull(), share) + 2e-3);
        if (relative > 0) CHECK(curve.share_for(relative) <= share + 1e-8);
    }
}

}  // namespace

TEST_CASE("InferenceCurve::interpolated: the published scale(), linear in the stride") {
    const auto curve = published();
    CHECK(curve.relative_accuracy(0.25) == 1);
    CHECK(curve.relative_accuracy(2) == 1);
    CHECK(curve.relative_accuracy(0.125) == Approx(0.78).epsilon(1e-5));
    CHECK(curve.relative_accuracy(0.25 / 1.5) == Approx(0.89).epsilon(1e-5));
    CHECK(curve.relative_accuracy(0.0124) == 0);
    CHECK(curve.relative_accuracy(0) == 0);
    CHECK(curve.share_for(0.78) == Approx(0.125).epsilon(1e-4));
    CHECK(curve.share_for(1.01) == std::numeric_limits<double>::infinity());
    CHECK(curve.config(0.1).frame_stride == 3);
}

TEST_CASE("InferenceCurve::steps: what choose_inference() gives, at every share") {
    std::mt19937 random(3);
    std::uniform_real_distribution<double> uniform(0, 1);
    for (int round = 0; round < 50; ++round) {
        PlanningInput stream = test::linear_stream("a", 0.5);
        stream.inference.clear();
        for (int i = 0; i < 1 + round % 6; ++i)
            stream.inference.push_back({{i + 1, 0}, uniform(random), 0.3 * uniform(random)});
        const auto curve = InferenceCurve::steps(stream.inference);
        for (int i = 0; i <= 400; ++i) {
            const double share = i * 1e-3;
            const auto choice = choose_inference(stream, share);
            CHECK(curve.relative_accuracy(share) == Approx(choice.relative_accuracy));
            CHECK(curve.config(share) == choice.config);
        }
        check_hulls(curve);
    }
}

TEST_CASE(
    "InferenceCurve: hulls are concave, the lower one is reached, the upper one never exceeded") {
    check_hulls(published());
}

TEST_CASE("InferenceCurve: what is no curve is named") {
    CHECK_THROWS_AS((void)InferenceCurve::steps({}), DomainError);
    CHECK_THROWS_AS((void)InferenceCurve::interpolated({}, 0.25), DomainError);
    CHECK_THROWS_AS((void)InferenceCurve::interpolated({{2, 1}, {1, 0.5}}, 0.25), DomainError);
    CHECK_THROWS_AS((void)InferenceCurve::interpolated({{1, std::nan("")}}, 0.25), DomainError);
    CHECK_THROWS_AS((void)InferenceCurve::interpolated({{1, 1}}, 0), DomainError);
}
