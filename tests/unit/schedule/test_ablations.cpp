#include <doctest/doctest.h>

#include <algorithm>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/thief_fixed_config.hpp"
#include "ekya/schedule/policy/thief_fixed_resources.hpp"
#include "plan_checks.hpp"
#include "problems.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

/// Problems that the thief's unit of 0.1 fits into.
ScheduleProblem stealable_problem(unsigned seed) {
    auto problem = test::random_problem(seed);
    problem.gpus = std::max(problem.gpus, 0.5);
    return problem;
}

std::ptrdiff_t retrained(const Plan& plan) {
    return std::count_if(plan.streams.begin(), plan.streams.end(),
                         [](const auto& stream) { return stream.retraining.has_value(); });
}

/// Mean accuracies over many problems.
template <typename Planner> double mean_of(const Planner& planner) {
    double sum = 0;
    constexpr unsigned problems = 100;
    for (unsigned seed = 0; seed < 2 * problems; seed += 2)
        sum += planner(stealable_problem(seed)).mean_accuracy;
    return sum / problems;
}

}  // namespace

TEST_CASE(
    "schedule_thief_fixed_resources: worked example, the thief's configurations on uniform's "
    "shares") {
    const auto plan = schedule_thief_fixed_resources(test::worked_example());
    CHECK(plan.policy == "thief-fixed-resources");
    for (const auto& stream : plan.streams)
        CHECK(stream.steps.front().inference_share == (stream.retraining ? 0.75 : 1));
    // 86.7 s at 0.4875 and 33.3 s at 0.7 are less than 0.65 throughout: A is not retrained.
    CHECK_FALSE(plan.streams[0].retraining);
    CHECK(plan.streams[0].expected_accuracy == Approx(0.65));
    // Of B's, 66.7 s and 0.85 are better than 106.7 s and 0.9.
    REQUIRE(plan.streams[1].retraining);
    CHECK(plan.streams[1].retraining->config == test::config_of(2));
    CHECK(plan.streams[1].expected_accuracy ==
          Approx((66.6666667 * 0.375 + 53.3333333 * 0.85) / 120));
}

TEST_CASE("schedule_thief_fixed_resources: the split is an option; freed shares go to all") {
    auto problem = test::worked_example();
    problem.gpus = 1.2;
    problem.streams[0].retraining.clear();
    problem.streams[1].retraining = {{test::config_of(1), 0.9, 12}};
    const auto plan = schedule_thief_fixed_resources(problem, {.inference_share = 0.75});
    REQUIRE(plan.streams[1].retraining);
    CHECK(plan.streams[1].steps.front().inference_share == Approx(0.45));
    CHECK(plan.streams[1].retraining->share == Approx(0.15));
    CHECK(plan.streams[0].steps.back().inference_share == Approx(0.6 + 0.075));
    CHECK_THROWS_WITH_AS((void)schedule_thief_fixed_resources(problem, {.inference_share = 1.5}),
                         "inference_share: 1.5 is not in [0, 1]", DomainError);
}

TEST_CASE("schedule_thief_fixed_config: no stream uses another configuration than uniform's") {
    for (unsigned seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        const auto problem = stealable_problem(seed);
        const auto uniform = schedule_uniform(problem);
        const auto named =
            std::find_if(uniform.streams.begin(), uniform.streams.end(),
                         [](const auto& stream) { return stream.retraining.has_value(); });
        if (named == uniform.streams.end()) continue;
        for (const auto& stream : schedule_thief_fixed_config(problem).streams)
            if (stream.retraining) CHECK(stream.retraining->config == named->retraining->config);
    }
}

TEST_CASE(
    "schedule_thief_fixed_config: cheapest, given, and one that ends only on a larger share than "
    "uniform's") {
    auto problem = test::worked_example();
    const ThiefOptions fine{.unit = 0.01, .patience = 10};
    const auto cheap =
        schedule_thief_fixed_config(problem, {fine, {.choice = UniformChoice::cheapest}});
    CHECK(cheap.policy == "thief-fixed-config");
    REQUIRE(cheap.streams[1].retraining);
    CHECK(cheap.streams[1].retraining->config == test::config_of(2));
    const auto given = schedule_thief_fixed_config(problem, {fine, {.config = test::config_of(1)}});
    REQUIRE(given.streams[1].retraining);
    CHECK(given.streams[1].retraining->config == test::config_of(1));
    CHECK_THROWS_AS(
        (void)schedule_thief_fixed_config(problem, {fine, {.config = test::config_of(7)}}),
        DomainError);
    problem.gpus = 1.5;
    for (auto& stream : problem.streams) {
        stream.retraining = {{test::config_of(1), 0.95, 60}};  // 160 s at 0.375
        stream.inference = {{{1, 0}, 1, 0.25}};
    }
    CHECK(retrained(schedule_uniform(problem)) == 0);
    CHECK(retrained(schedule_thief_fixed_config(problem, {fine, {}})) > 0);
}

TEST_CASE("ablations: each lies between uniform and the thief; mean of 100 random problems") {
    const double thief =
        mean_of([](const auto& problem) { return schedule_thief_with_reruns(problem); });
    const double uniform = mean_of([](const auto& problem) { return schedule_uniform(problem); });
    for (const double ablation :
         {mean_of([](const auto& problem) { return schedule_thief_fixed_resources(problem); }),
          mean_of([](const auto& problem) { return schedule_thief_fixed_config(problem); })}) {
        CHECK(ablation < thief);
        CHECK(ablation > uniform);
    }
}

TEST_CASE("ablations: random problems") {
    test::check_on_problems(
        [](const auto& problem) { return schedule_thief_fixed_resources(problem); },
        stealable_problem, 300);
    test::check_on_problems(
        [](const auto& problem) { return schedule_thief_fixed_config(problem); }, stealable_problem,
        300);
}
