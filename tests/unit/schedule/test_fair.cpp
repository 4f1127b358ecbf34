#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/fair.hpp"
#include "ekya/schedule/policy/none.hpp"
#include "plan_checks.hpp"
#include "problems.hpp"

using namespace ekya;
using doctest::Approx;

TEST_CASE(
    "schedule_fair: worked example, the most accurate configurations on equal shares, as uniform "
    "at 50 %") {
    const auto plan = schedule_fair(test::worked_example());
    CHECK(plan.policy == "fair");
    CHECK(plan.streams[0].expected_accuracy == Approx(0.5125));
    CHECK(plan.streams[1].expected_accuracy == Approx(0.4333333333));
}

TEST_CASE("schedule_fair: every stream has its own configuration, whether it needs it or not") {
    auto problem = test::worked_example();
    problem.streams[0].retraining[1].accuracy = 0.8;
    problem.streams[1].retraining = {{test::config_of(1), 0.2, 30}};  // worse than what is deployed
    const auto plan = schedule_fair(problem);
    CHECK(plan.streams[0].retraining->config == test::config_of(2));
    REQUIRE(plan.streams[1].retraining);
    CHECK(plan.streams[1].retraining->expected_accuracy == 0.2);
}

TEST_CASE(
    "schedule_fair: what cannot end on a job's part is no choice; its share serves the own "
    "inference") {
    auto problem = test::worked_example();
    problem.streams[0].retraining[0].device_seconds = 91;  // 121.3 s at 0.75
    problem.streams[1].retraining = {{test::config_of(1), 0.9, 91}};
    const auto plan = schedule_fair(problem);
    CHECK(plan.streams[0].retraining->config == test::config_of(2));
    CHECK_FALSE(plan.streams[1].retraining);
    CHECK(plan.streams[1].steps.front().inference_share == 1);
    CHECK(plan.streams[0].steps.front().inference_share == 0.75);
}

TEST_CASE(
    "schedule_fair: a stream without anything to retrain with is one job; equally accurate -> the "
    "cheaper") {
    auto problem = test::worked_example();
    problem.gpus = 1.5;
    problem.streams[0].retraining = {{test::config_of(1), 0.8, 30},
                                     {test::config_of(2), 0.8, 20},
                                     {test::config_of(3), 0.8, 20}};
    problem.streams[1].retraining.clear();
    const auto plan = schedule_fair(problem);
    CHECK(plan.streams[0].steps.front().inference_share == 0.5);
    CHECK(plan.streams[1].steps.front().inference_share == 0.5);
    CHECK(plan.streams[0].retraining->share == 0.5);
    CHECK(plan.streams[0].retraining->config == test::config_of(2));
    CHECK(plan.streams[1].steps.back().inference_share == Approx(0.75));
}

TEST_CASE("schedule_fair: nothing to retrain with is none; no GPUs; no streams") {
    auto problem = test::worked_example();
    for (auto& stream : problem.streams) stream.retraining.clear();
    CHECK(schedule_fair(problem).mean_accuracy == Approx(schedule_none(problem).mean_accuracy));
    problem.gpus = 0;
    CHECK(schedule_fair(problem).mean_accuracy == 0);
    CHECK_THROWS_AS((void)schedule_fair(test::problem_of(10, 1)), DomainError);
}

TEST_CASE("schedule_fair: random problems") {
    test::check_on_problems([](const auto& problem) { return schedule_fair(problem); },
                            test::random_problem, 500);
}
