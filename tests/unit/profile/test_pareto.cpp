#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/profile/pareto.hpp"

using namespace ekya;
using doctest::Approx;
using Indices = std::vector<std::size_t>;

namespace {

const std::vector<CostPoint> four{{0.5, 10}, {0.9, 100}, {0.4, 50}, {0.7, 20}};

std::vector<ProfiledRetraining> estimates(const std::vector<CostPoint>& points) {
    std::vector<ProfiledRetraining> result;
    for (const auto& p : points) result.push_back({{}, p.accuracy, p.device_seconds});
    return result;
}

}  // namespace

TEST_CASE("pareto_front: cheapest first, dominated points left out") {
    CHECK(pareto_front(four) == Indices{0, 3, 1});
    CHECK(pareto_front({}).empty());
}

TEST_CASE("pareto_front: of equal points the first, of equally cheap ones the most accurate") {
    CHECK(pareto_front(std::vector<CostPoint>{{0.5, 10}, {0.5, 10}}) == Indices{0});
    CHECK(pareto_front(std::vector<CostPoint>{{0.5, 10}, {0.6, 10}}) == Indices{1});
    CHECK(pareto_front(std::vector<CostPoint>{{0.5, 10}, {0.5, 20}}) == Indices{0});
}

TEST_CASE(
    "distances_to_front: 0 on the front, else the shortest way onto it in units of the spread") {
    const auto distances = distances_to_front(four);
    CHECK(distances[0] == 0);
    CHECK(distances[1] == 0);
    CHECK(distances[3] == 0);
    // (0.4, 50): to 10 s at 0.4 costs 40/90; to 0.5 at 20 s is hypot(0.1/0.5, 30/90); to 0.7 at 50
    // s is 0.3/0.5
    CHECK(distances[2] == Approx(std::hypot(0.2, 1.0 / 3)));
}

TEST_CASE("distances_to_front: equal points have no spread") {
    CHECK(distances_to_front(std::vector<CostPoint>{{0.5, 10}, {0.5, 10}}) ==
          std::vector<double>{0, 0});
}

TEST_CASE("pareto_front: NaN is refused") {
    CHECK_THROWS_AS((void)pareto_front(std::vector<CostPoint>{{std::nan(""), 1}}), DomainError);
}

TEST_CASE("prune: only after every second window, and the farthest go") {
    const std::vector<CostPoint> points{{0.5, 10},  {0.9, 100}, {0.4, 50}, {0.7, 20},
                                        {0.69, 21}, {0.3, 90},  {0.6, 60}, {0.65, 40}};
    const PruneOptions options{.minimum = 0};
    CHECK(prune(estimates(points), 0, options).size() == 8);
    CHECK(prune(estimates(points), 1, options).size() == 8);
    CHECK(prune(estimates(points), 2, options) == Indices{0, 1, 3, 4, 6, 7});
    CHECK(prune(estimates(points), 3, options).size() == 8);
}

TEST_CASE("prune: never the front, never below the minimum") {
    CHECK(prune(estimates(four), 2, {.drop_fraction = 1, .minimum = 0}) == Indices{0, 1, 3});
    CHECK(prune(estimates(four), 2, {.drop_fraction = 1, .minimum = 4}).size() == 4);
    CHECK(prune(estimates(four), 2, {.drop_fraction = 1, .minimum = 9}).size() == 4);
    CHECK(prune({}, 2).empty());
}

TEST_CASE("prune: options out of range are refused") {
    CHECK_THROWS_AS((void)prune({}, -1), DomainError);
    CHECK_THROWS_AS((void)prune({}, 1, {.every_windows = 0}), DomainError);
    CHECK_THROWS_AS((void)prune({}, 1, {.drop_fraction = std::nan("")}), DomainError);
}
