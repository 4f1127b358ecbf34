#include <doctest/doctest.h>

#include <cmath>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/none.hpp"
#include "ekya/schedule/policy/uniform.hpp"
#include "plan_checks.hpp"
#include "problems.hpp"

using namespace ekya;
using doctest::Approx;

TEST_CASE(
    "schedule_uniform: worked example, both windows -> 51.250, 43.333, 58.889, 70.889; mean "
    "56.09") {
    constexpr double exact = 1e-6;
    const auto problem = test::worked_example();
    const auto first = schedule_uniform(problem);
    CHECK(first.policy == "uniform");
    for (const auto& stream : first.streams) {
        CHECK(stream.steps.front().inference_share == 0.75);
        REQUIRE(stream.retraining);
        CHECK(stream.retraining->share == 0.75);
        CHECK(stream.retraining->config == test::config_of(1));  // the most accurate
    }
    CHECK(std::abs(first.streams[0].expected_accuracy - 0.5125) < exact);
    CHECK(std::abs(first.streams[1].expected_accuracy - 0.4333333333) < exact);
    const auto next = test::worked_example_window_2(first.streams[0].retraining->expected_accuracy,
                                                    first.streams[1].retraining->expected_accuracy);
    const auto second = schedule_uniform(next);
    CHECK(std::abs(second.streams[0].expected_accuracy - 0.5888888889) < exact);
    CHECK(std::abs(second.streams[1].expected_accuracy - 0.7088888889) < exact);
    CHECK(std::abs((first.mean_accuracy + second.mean_accuracy) / 2 - 0.5609027778) < exact);
    test::check_plan(problem, first);
    test::check_plan(next, second);
}

TEST_CASE(
    "schedule_uniform: worked example, B's freed share goes in equal parts to all that are left") {
    const auto plan = schedule_uniform(test::worked_example());
    const auto& a = plan.streams[0].steps;
    REQUIRE(a.size() == 3);
    CHECK(a[1].start == Approx(80 / 0.75));
    CHECK(a[1].inference_share == Approx(1));
    CHECK(a[1].retraining_share == Approx(1));
    CHECK(a[2].start == Approx(80 / 0.75 + 5));
    CHECK(step_after_retraining(plan.streams[1]).inference_share == Approx(1));
}

TEST_CASE(
    "schedule_uniform: a retraining that would not end in time gives its share to inference") {
    auto problem = test::worked_example();
    problem.horizon = 110;  // A needs 113 s
    const auto plan = schedule_uniform(problem);
    CHECK_FALSE(plan.streams[0].retraining);
    CHECK(plan.streams[0].steps.front().inference_share == Approx(1));
    CHECK(plan.streams[1].retraining);
}

TEST_CASE(
    "schedule_uniform: a configuration that ends in time is chosen before a better one that does "
    "not") {
    const auto problem =
        test::worked_example();  // at a share of 0.5 configuration 1 takes 170 and 160 s of 120
    const auto plan = schedule_uniform(problem, {.inference_share = 2.0 / 3});
    REQUIRE(plan.streams[1].retraining);
    CHECK(plan.streams[1].retraining->config == test::config_of(2));
}

TEST_CASE("schedule_uniform: choice, given configuration and split") {
    const auto problem = test::worked_example();
    const auto cheap = schedule_uniform(problem, {.choice = UniformChoice::cheapest});
    CHECK(cheap.streams[0].retraining->config == test::config_of(2));
    const auto given =
        schedule_uniform(problem, {.inference_share = 0.4, .config = test::config_of(2)});
    CHECK(given.streams[1].retraining->config == test::config_of(2));
    CHECK(given.streams[1].steps.front().inference_share == Approx(0.6));
    CHECK_THROWS_AS((void)schedule_uniform(problem, {.config = test::config_of(7)}), DomainError);
    CHECK_THROWS_AS((void)schedule_uniform(problem, {.inference_share = 1.1}), DomainError);
}

TEST_CASE("schedule_uniform: a configuration that few streams have counts the others as they are") {
    auto problem = test::worked_example();
    problem.streams[0].retraining.push_back(
        {test::config_of(9), 0.9, 20});  // mean (0.9 + 0.5) / 2 < 0.825
    CHECK(schedule_uniform(problem).streams[1].retraining->config == test::config_of(1));
}

TEST_CASE("schedule_uniform: nothing to retrain with -> all to inference") {
    auto problem = test::worked_example();
    for (auto& stream : problem.streams) stream.retraining.clear();
    CHECK(schedule_uniform(problem).mean_accuracy == Approx(schedule_none(problem).mean_accuracy));
}

TEST_CASE("schedule_none: equal shares, no retraining") {
    auto problem = test::worked_example();
    problem.gpus = 1;
    const auto plan = schedule_none(problem);
    CHECK(plan.policy == "none");
    CHECK(plan.streams[0].steps.front().inference_share == 0.5);
    CHECK(plan.mean_accuracy == Approx((0.325 + 0.25) / 2));
}

TEST_CASE("schedule_uniform and schedule_none: never oversubscribed") {
    for (unsigned seed = 0; seed < 1000; ++seed) {
        const auto problem = test::random_problem(seed);
        test::check_shares(problem, schedule_uniform(problem));
        test::check_shares(problem, schedule_none(problem));
    }
}

TEST_CASE("schedule_uniform: of equal configurations the first of the first stream by name") {
    auto problem = test::worked_example();
    const RetrainingOption one{test::config_of(1), 0.8, 50}, two{test::config_of(2), 0.8, 50};
    problem.streams[0].retraining = {one, two};
    problem.streams[1].retraining = {two, one};
    CHECK(schedule_uniform(problem).streams[0].retraining->config == test::config_of(1));
    std::swap(problem.streams[0], problem.streams[1]);
    CHECK(schedule_uniform(problem).streams[0].retraining->config == test::config_of(1));
}

TEST_CASE(
    "schedule_uniform: random problems, the plan is what it says, whatever the order of the "
    "streams") {
    test::check_on_problems([](const auto& problem) { return schedule_uniform(problem); },
                            test::random_problem, 1000);
    const UniformOptions cheap{.inference_share = 0.3, .choice = UniformChoice::cheapest};
    test::check_on_problems([&](const auto& problem) { return schedule_uniform(problem, cheap); },
                            test::random_problem, 300);
}

TEST_CASE("schedule_uniform: configurations that differ only by name are told apart") {
    auto problem = test::worked_example();
    for (auto& stream : problem.streams) {
        stream.retraining[0].config = stream.retraining[1].config;
        stream.retraining[0].name = "dear";
        stream.retraining[1].name = "cheap";
    }
    const auto plan = schedule_uniform(problem, {.choice = UniformChoice::cheapest});
    REQUIRE(plan.streams[1].retraining);
    CHECK(plan.streams[1].retraining->id() == "cheap");
    CHECK(plan.streams[1].retraining->expected_accuracy == 0.85);
}
