#include <doctest/doctest.h>

#include <random>
#include <string>

#include "ekya/schedule/plan/score.hpp"
#include "ekya/schedule/policy/separable.hpp"
#include "schedule/problems.hpp"
#include "separable_optimum.hpp"

using namespace ekya;

namespace {

/// 10 streams with all 18 retraining and 12 inference configurations, 2 to 8 GPUs.
ScheduleProblem medium_problem(unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform(0, 1);
    auto problem = test::problem_of(120 + 80 * uniform(random), 2 + 6 * uniform(random));
    for (int v = 0; v < 10; ++v) {
        auto stream = test::random_stream(std::to_string(v), random);
        const double demand = 0.5 + 5 * uniform(random);
        for (auto& entry : stream.inference) entry.share *= demand;
        problem.streams.push_back(stream);
    }
    if (seed % 3 == 1) problem.min_accuracy = 0.2 + 0.4 * uniform(random);
    if (seed % 4 == 1) problem.max_job_share = 0.5 + uniform(random);
    return problem;
}

}  // namespace

TEST_CASE(
    "schedule_separable: the optimum that a mixed-integer program finds for 10 streams on 2 to 8 "
    "GPUs") {
    int violated = 0, retrained = 0;
    for (unsigned seed = 1; seed <= 24; ++seed) {
        CAPTURE(seed);
        const auto problem = medium_problem(seed);
        const auto optimum = test::SeparableProgram(problem, 10).solve(20);
        test::SeparableProgram::Worth found;
        const auto plan = schedule_separable(problem);
        for (const auto& score : score_plan(problem, plan)) {
            found.violations += score.shortfall > 0 ? 1 : 0;
            found.shortfall += score.shortfall;
            found.accuracy += score.accuracy;
        }
        REQUIRE(optimum.optimal);
        CHECK(found.violations == optimum.worth.violations);
        CHECK(found.shortfall == doctest::Approx(optimum.worth.shortfall).epsilon(1e-6));
        CHECK(found.accuracy == doctest::Approx(optimum.worth.accuracy).epsilon(1e-6));
        violated += found.violations > 0 ? 1 : 0;
        for (const auto& stream : plan.streams) retrained += stream.retraining ? 1 : 0;
    }
    CHECK(violated > 0);
    CHECK(violated < 24);
    CHECK(retrained > 24);
}
