#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "ekya/bound/upper_bound.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/reference/score.hpp"
#include "ekya/schedule/plan/score.hpp"
#include "ekya/schedule/policy/best.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "schedule/problems.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

constexpr double rounding = 1e-6;

ScheduleProblem free_of_min_accuracy(unsigned seed) {
    auto problem = test::random_problem(seed);
    problem.min_accuracy = 0;
    if (seed % 5 == 0) problem.max_job_share = 0.3;
    if (seed % 7 == 0) problem.max_job_share = 2.5;
    return problem;
}

ScheduleProblem one_stream(double gpus) {
    auto problem = test::problem_of(100, gpus);
    problem.streams = {test::linear_stream("A", 0.6)};
    return problem;
}

double scored(const ScheduleProblem& problem, const Plan& plan) {
    return mean_accuracy(score_plan(problem, plan));
}

}  // namespace

TEST_CASE("upper_bound: window 1 of the worked example is optimal at 67.8125") {
    const auto bound = upper_bound(test::worked_example());
    CHECK(bound.converged);
    CHECK(bound.mean_accuracy >= 0.678125 - 1e-9);
    CHECK(bound.mean_accuracy <= 0.6785);
}

TEST_CASE("upper_bound: no policy exceeds it") {
    for (unsigned seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        const auto problem = free_of_min_accuracy(seed);
        const auto bound = upper_bound(problem, {.slots = 30, .iterations = 40});
        PolicyOptions options;
        options.thief.unit = std::min({0.05, problem.gpus, problem.max_job_share});
        for (const auto& name : policy_names()) {
            const Policy& policy = policy_from(name);
            if (!policy.replans) continue;
            CAPTURE(name);
            const Plan plan = make_plan(policy, problem, options);
            CHECK(scored(problem, plan) <= bound.mean_accuracy + rounding);
            CHECK(plan.mean_accuracy <= bound.mean_accuracy + rounding);
        }
    }
}

TEST_CASE("upper_bound: no policy exceeds it on a curve, nor sampled as the published simulator") {
    const auto curve = std::make_shared<const InferenceCurve>(
        InferenceCurve::interpolated({{1, 1}, {2, 0.78}, {4, 0.6}, {10, 0.15}, {20, 0.04}}, 0.25));
    for (unsigned seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        auto problem = free_of_min_accuracy(seed);
        if (seed % 2 == 0) problem.curve = curve;
        auto sampled = problem;  // the bound of as many seconds as there are samples
        if (seed % 3 != 0) sampled.horizon = reference_samples(problem.horizon);
        const auto bound = upper_bound(sampled, {.slots = 30, .iterations = 40});
        PolicyOptions options;
        options.thief.unit = std::min({0.05, problem.gpus, problem.max_job_share});
        for (const auto& name : policy_names()) {
            const Policy& policy = policy_from(name);
            if (!policy.replans) continue;
            const Plan plan = make_plan(policy, problem, options);
            const double reached = seed % 3 == 0 ? scored(problem, plan)
                                                 : mean_accuracy(sample_reference(problem, plan));
            CHECK(reached <= bound.mean_accuracy + rounding);
        }
    }
}

TEST_CASE("upper_bound: at most a point above the best plans") {
    double gaps = 0;
    for (unsigned seed = 1; seed <= 40; ++seed) {
        const auto problem = free_of_min_accuracy(seed);
        gaps += (upper_bound(problem, {.slots = 50}).mean_accuracy -
                 scored(problem, schedule_best(problem))) /
                40;
    }
    MESSAGE("mean gap ", gaps);
    CHECK(gaps <= 0.01);
}

TEST_CASE("upper_bound: more devices never lower it") {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        auto problem = free_of_min_accuracy(seed);
        double before = 0;
        for (const double gpus : {0.0, 0.1, 0.5, 1.0, 2.0, 4.0, 16.0}) {
            problem.gpus = gpus;
            const auto bound = upper_bound(problem, {.slots = 30, .iterations = 1000});
            CHECK(bound.mean_accuracy >= before * (1 - 2e-4));
            before = bound.mean_accuracy;
        }
    }
}

TEST_CASE("upper_bound: without devices it is 0") {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        auto problem = free_of_min_accuracy(seed);
        problem.gpus = 0;
        CHECK(upper_bound(problem).mean_accuracy == Approx(0).epsilon(1e-9));
    }
}

TEST_CASE("upper_bound: one stream without retraining gets what its share gives") {
    for (const double gpus : {0.0, 0.25, 0.5, 1.0, 3.0})
        for (const double most : {0.4, 1.0, 2.0}) {
            auto problem = one_stream(gpus);
            problem.max_job_share = most;
            const auto bound = upper_bound(problem, {.tolerance = 1e-9});
            CHECK(bound.mean_accuracy == Approx(0.6 * std::min({gpus, most, 1.0})).epsilon(1e-6));
        }
}

TEST_CASE("upper_bound: one retraining with ample devices is the closed form") {
    auto problem = one_stream(4);
    problem.streams[0].retraining = {{test::config_of(1), 0.9, 30}};
    SUBCASE("one device") {
        CHECK(upper_bound(problem).mean_accuracy == Approx(0.3 * 0.6 + 0.7 * 0.9).epsilon(1e-6));
    }
    SUBCASE("half a device") {
        problem.max_job_share = 0.5;
        CHECK(upper_bound(problem).mean_accuracy ==
              Approx(0.5 * (0.6 * 0.6 + 0.4 * 0.9)).epsilon(1e-6));
    }
    SUBCASE("too long, or no gain") {
        problem.streams[0].retraining = {{test::config_of(1), 0.9, 101},
                                         {test::config_of(2), 0.6, 1}};
        CHECK(upper_bound(problem).mean_accuracy == Approx(0.6).epsilon(1e-6));
    }
}

TEST_CASE("upper_bound: prices and edges of the slots") {
    const auto problem = test::random_problem(3);
    const auto bound = upper_bound(problem, {.slots = 50});
    CHECK(bound.prices.size() == 50);
    REQUIRE(bound.edges.size() == 51);
    CHECK(bound.edges.front() == 0);
    CHECK(bound.edges.back() == problem.horizon);
    for (std::size_t k = 0; k < 50; ++k) {
        CHECK(bound.prices[k] >= 0);
        CHECK(bound.edges[k] < bound.edges[k + 1]);
    }
}

TEST_CASE("upper_bound: wrong options and problems are named") {
    CHECK_THROWS_AS((void)upper_bound(test::worked_example(), {.slots = 0}), DomainError);
    CHECK_THROWS_AS((void)upper_bound(test::worked_example(), {.iterations = 0}), DomainError);
    CHECK_THROWS_AS((void)upper_bound(test::worked_example(), {.tolerance = -1}), DomainError);
    CHECK_THROWS_AS((void)upper_bound(ScheduleProblem{}), DomainError);
}
