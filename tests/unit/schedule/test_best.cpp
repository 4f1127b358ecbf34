#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/score.hpp"
#include "ekya/schedule/policy/best.hpp"
#include "ekya/schedule/policy/none.hpp"
#include "ekya/schedule/policy/thief.hpp"
#include "ekya/schedule/policy/uniform.hpp"
#include "problems.hpp"

using namespace ekya;
using doctest::Approx;

TEST_CASE("schedule_best: worked example -> the optimum 76.09375") {
    const auto first = schedule_best(test::worked_example());
    CHECK(first.mean_accuracy == Approx(0.678125));
    REQUIRE(first.streams[1].retraining);
    CHECK(first.streams[1].retraining->expected_seconds == Approx(50));
    REQUIRE(first.streams[0].retraining);
    CHECK(first.streams[0].retraining->start_seconds == Approx(50));
    const auto second = schedule_best(
        test::worked_example_window_2(first.streams[0].retraining->expected_accuracy,
                                      first.streams[1].retraining->expected_accuracy));
    CHECK((first.mean_accuracy + second.mean_accuracy) / 2 == Approx(0.7609375));
}

TEST_CASE(
    "schedule_best: never oversubscribed, never worse than thief, uniform and none; 1000 random "
    "problems") {
    for (unsigned seed = 0; seed < 1000; ++seed) {
        CAPTURE(seed);
        const auto problem = test::random_problem(seed);
        const auto best = schedule_best(problem, {.effort = 0.1});
        CHECK_NOTHROW(check_shares(problem, best));
        const auto thief = schedule_thief(problem);
        const auto uniform = schedule_uniform(problem);
        const auto none = schedule_none(problem);
        for (const Plan* other : {&uniform, &none}) {
            CHECK(best.violations.size() <= other->violations.size());
            if (best.violations.empty() && other->violations.empty())
                CHECK(best.mean_accuracy >= other->mean_accuracy - 1e-9);
        }
        if (best.violations.empty() && thief.violations.empty())
            CHECK(best.mean_accuracy >= thief.mean_accuracy - 1e-9);
    }
}

TEST_CASE("schedule_best: jobs larger than a device") {
    for (unsigned seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        auto problem = test::random_problem(seed);
        problem.max_job_share = 1e6;
        CHECK_NOTHROW(check_shares(problem, schedule_best(problem, {.effort = 0.1})));
    }
}

TEST_CASE("schedule_best: the order of the streams changes nothing") {
    std::mt19937 random(7);
    for (unsigned seed = 0; seed < 50; ++seed) {
        auto problem = test::random_problem(seed);
        const auto plan = schedule_best(problem, {.effort = 0.1});
        std::shuffle(problem.streams.begin(), problem.streams.end(), random);
        CHECK(schedule_best(problem, {.effort = 0.1}).mean_accuracy == plan.mean_accuracy);
    }
}

TEST_CASE("schedule_best: the summary of a stream agrees with its steps") {
    for (unsigned seed = 0; seed < 300; ++seed) {
        CAPTURE(seed);
        const auto plan = schedule_best(test::random_problem(seed), {.effort = 0.1});
        for (const auto& stream : plan.streams) {
            if (!stream.retraining) continue;
            double after = -1;
            for (const auto& step : stream.steps)
                if (step.start <= stream.retraining->expected_seconds + 1e-6)
                    after = step.inference_share;
            CHECK(step_after_retraining(stream).inference_share == after);
        }
    }
}

TEST_CASE(
    "schedule_best: zero GPUs, retraining that costs next to nothing, one stream without anything "
    "to retrain with") {
    auto problem = test::worked_example();
    problem.gpus = 0;
    const auto none = schedule_best(problem);
    CHECK(none.mean_accuracy == 0);
    CHECK(none.violations.size() == 1);
    problem.gpus = 3;
    problem.streams[0].retraining[0].device_seconds = 1e-6;
    CHECK(schedule_best(problem).mean_accuracy >= schedule_thief(problem).mean_accuracy - 1e-9);
    problem.streams.pop_back();
    problem.streams[0].retraining.clear();
    CHECK(schedule_best(problem).mean_accuracy == Approx(0.65));
}

TEST_CASE("score_plan: a plan without steps, or for other streams, is no plan of this problem") {
    const auto problem = test::worked_example();
    auto plan = schedule_best(problem);
    plan.streams[0].steps.clear();
    CHECK_THROWS_WITH_AS((void)score_plan(problem, plan), "plan: stream A has no steps",
                         DomainError);
    plan.streams.erase(plan.streams.begin());
    CHECK_THROWS_WITH_AS((void)score_plan(problem, plan), "plan: stream A is missing", DomainError);
}
