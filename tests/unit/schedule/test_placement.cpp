#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/place/placement.hpp"
#include "ekya/schedule/policy/none.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "placement_checks.hpp"
#include "problems.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

/// Streams of the worked example's kind, named a, b, ..., each with one retraining to 0.9 that
/// costs 10 device-seconds.
ScheduleProblem problem_with(int streams, double gpus, Seconds horizon = 100) {
    auto problem = test::problem_of(horizon, gpus);
    for (int v = 0; v < streams; ++v) {
        problem.streams.push_back(
            test::linear_stream(std::string(1, static_cast<char>('a' + v)), 0.5));
        problem.streams.back().retraining = {{test::config_of(1), 0.9, 10}};
    }
    return problem;
}

/// A plan of these steps; the stream that has a share for retraining retrains.
Plan plan_of(const ScheduleProblem& problem, const std::vector<std::vector<PlanStep>>& steps) {
    Plan plan;
    plan.policy = "by hand";
    for (std::size_t v = 0; v < steps.size(); ++v) {
        StreamPlan stream;
        stream.stream = problem.streams[v].stream;
        stream.steps = steps[v];
        for (const auto& step : steps[v])
            if (step.retraining_share > 0)
                stream.retraining = PlannedRetraining{test::config_of(1), step.retraining_share};
        plan.streams.push_back(stream);
    }
    const auto scores = score_plan(problem, plan);
    for (std::size_t v = 0; v < steps.size(); ++v)
        if (auto& retraining = plan.streams[v].retraining)
            retraining->expected_seconds = scores[v].ends.value_or(problem.horizon);
    plan.mean_accuracy = mean_accuracy(scores);
    return plan;
}

ScheduleProblem random_problem(unsigned seed, int gpus, int streams) {
    std::mt19937 random(seed);
    auto problem = test::problem_of(50 + seed % 200, gpus);
    // 5 and 7, so that every policy and number of devices below meets all of it.
    if (seed % 7 < 3) problem.min_accuracy = 0.3;
    const double cost = seed % 5 < 2 ? 3 : 1;  // where inference needs more, less of it fits
    for (int v = 0; v < streams; ++v) {
        problem.streams.push_back(test::random_stream("stream " + std::to_string(v), random));
        for (auto& entry : problem.streams.back().inference) entry.share *= cost;
    }
    return problem;
}

/// What must hold for every placed plan.
void check_placed(const ScheduleProblem& problem, const Plan& plan, const Plan& placed) {
    test::check_devices(problem, placed);
    REQUIRE(placed.placement);
    CHECK(placed.placement->moves == test::moves_of(placed));
    CHECK(placed.placement->lost_device_seconds >= 0);
    CHECK(placed.placement->lost_device_seconds <= placed.placement->granted_device_seconds);
    // A cut retraining can leave another stream its larger share for longer, which is seldom worth
    // a little.
    CHECK(placed.mean_accuracy <= plan.mean_accuracy + 0.002);
    CHECK(placed.mean_accuracy == Approx(mean_accuracy(score_plan(problem, placed))));
    CHECK(placed.placement->lost_accuracy == Approx(plan.mean_accuracy - placed.mean_accuracy));
    for (std::size_t v = 0; v < plan.streams.size(); ++v) {
        CAPTURE(v);
        const auto& before = plan.streams[v].retraining;
        const auto& after = placed.streams[v].retraining;
        if (before && after) CHECK(after->config == before->config);
        if (after) CHECK(before);
    }
    if (placed.placement->lost_device_seconds > 0) return;
    CHECK(placed.mean_accuracy == plan.mean_accuracy);
    CHECK(placed.violations == plan.violations);
}

void check_unchanged(const Plan& plan, const Plan& placed) {
    CHECK(placed.mean_accuracy == plan.mean_accuracy);
    CHECK(placed.violations == plan.violations);
    CHECK(placed.placement->moves == 0);
    CHECK(placed.placement->lost_device_seconds == 0);
    for (std::size_t v = 0; v < plan.streams.size(); ++v) {
        CHECK(test::without_devices(placed.streams[v].steps) == plan.streams[v].steps);
        CHECK(placed.streams[v].expected_accuracy == plan.streams[v].expected_accuracy);
    }
}

}  // namespace

TEST_CASE(
    "place_plan: three jobs of 0.6 on two devices -> one gets the 0.4 that is left beside "
    "another") {
    const auto problem = problem_with(3, 2);
    const auto plan = plan_of(problem, {{{0, 0.6, 0}}, {{0, 0.6, 0}}, {{0, 0.6, 0}}});
    const auto placed = place_plan(problem, plan);
    check_placed(problem, plan, placed);
    std::vector<double> shares;
    for (const auto& stream : placed.streams)
        shares.push_back(stream.steps.front().inference_share);
    std::sort(shares.begin(), shares.end());
    CHECK(shares[0] + shares[1] == Approx(1.0));
    CHECK(shares[2] == Approx(0.6));
    CHECK(placed.placement->lost_device_seconds == Approx(20));
    CHECK(placed.placement->granted_device_seconds == Approx(180));
    CHECK(placed.placement->fragmentation() == Approx(1.0 / 9));
    CHECK(placed.placement->lost_accuracy == Approx(0.5 * 0.2 / 3));
}

TEST_CASE("place_plan: what fits in descending order of share only, fits") {
    const auto problem = problem_with(5, 2);
    const auto plan = plan_of(
        problem, {{{0, 0.2, 0}}, {{0, 0.3, 0}}, {{0, 0.5, 0}}, {{0, 0.3, 0}}, {{0, 0.7, 0}}});
    const auto placed = place_plan(problem, plan);
    check_placed(problem, plan, placed);
    check_unchanged(plan, placed);
    CHECK(placed.streams[4].steps[0].inference_gpu != placed.streams[2].steps[0].inference_gpu);
}

TEST_CASE(
    "place_plan: a job grows where it is; a retraining's share goes to its own stream's inference "
    "on its device") {
    const auto problem = problem_with(2, 2);
    const auto plan = plan_of(problem, {{{0, 0.3, 0.5}, {20, 0.8, 0}}, {{0, 0.9, 0}}});
    const auto placed = place_plan(problem, plan);
    check_placed(problem, plan, placed);
    check_unchanged(plan, placed);
    const auto& steps = placed.streams[0].steps;
    CHECK(steps[0].inference_gpu == steps[0].retraining_gpu);
    CHECK(steps[1].inference_gpu == steps[0].inference_gpu);
    CHECK(steps[1].retraining_gpu == -1);
}

TEST_CASE(
    "place_plan: a retraining makes room for a job that grows, rather than inference; the move is "
    "counted") {
    // a lies beside the retraining of b, c alone; c shrinks to 0.3 and a grows to 0.8. c could make
    // room as well.
    auto problem = problem_with(3, 2);
    problem.streams[1].retraining[0].device_seconds = 20;
    const auto plan = plan_of(
        problem,
        {{{0, 0.5, 0}, {25, 0.8, 0}}, {{0, 0.0, 0.5}, {40, 0.5, 0}}, {{0, 0.6, 0}, {25, 0.3, 0}}});
    const auto placed = place_plan(problem, plan);
    check_placed(problem, plan, placed);
    CHECK(placed.placement->lost_device_seconds == 0);
    CHECK(placed.placement->moves == 1);
    REQUIRE(placed.streams[1].steps.size() == 3);
    CHECK(placed.streams[1].steps[0].retraining_gpu == placed.streams[0].steps[0].inference_gpu);
    CHECK(placed.streams[1].steps[1].start == 25);
    CHECK(placed.streams[1].steps[1].retraining_gpu == placed.streams[2].steps[0].inference_gpu);
}

TEST_CASE("place_plan: one move is enough") {
    // 0.6 + 0.4 and 0.5 + 0.5; then 0.6 ends, one of 0.5 grows to 0.8: the other 0.5 or itself has
    // to go.
    const auto problem = problem_with(4, 2);
    const auto plan = plan_of(
        problem,
        {{{0, 0.6, 0}, {50, 0.1, 0}}, {{0, 0.4, 0}}, {{0, 0.5, 0}, {50, 0.9, 0}}, {{0, 0.5, 0}}});
    const auto placed = place_plan(problem, plan);
    check_placed(problem, plan, placed);
    CHECK(placed.placement->moves == 1);
    CHECK(placed.placement->lost_device_seconds == 0);
    check_unchanged(plan, [&] {
        auto copy = placed;  // the step of the move apart
        for (std::size_t v = 0; v < plan.streams.size(); ++v) {
            auto& steps = copy.streams[v].steps;
            if (steps.size() > plan.streams[v].steps.size()) steps.pop_back();
        }
        copy.placement->moves = 0;
        return copy;
    }());
}

TEST_CASE("place_plan: a retraining that is cut ends later, and what waits for it comes later") {
    // Inference holds 0.7 of both devices: 0.3 of the 0.6 is left for a's retraining, on either. It
    // takes 10 / 0.3 s.
    const auto problem = problem_with(3, 2);
    const auto plan = plan_of(
        problem,
        {{{0, 0.0, 0.6}, {10 / 0.6, 0.6, 0}}, {{0, 0.7, 0}, {10 / 0.6, 0.6, 0}}, {{0, 0.7, 0}}});
    const auto placed = place_plan(problem, plan);
    check_placed(problem, plan, placed);
    REQUIRE(placed.streams[0].retraining);
    CHECK(placed.streams[0].retraining->share == Approx(0.3));
    CHECK(placed.streams[0].retraining->expected_seconds == Approx(10 / 0.3));
    REQUIRE(placed.streams[1].steps.size() == 2);
    CHECK(placed.streams[1].steps[1].start == Approx(10 / 0.3));
    CHECK(placed.placement->lost_device_seconds == Approx(0.3 * 10 / 0.3 + 0.2 * (100 - 10 / 0.3)));
}

TEST_CASE(
    "place_plan: a retraining that would no longer end in the window is left out, its share serves "
    "inference") {
    const auto problem = problem_with(3, 2, 20);
    const auto plan =
        plan_of(problem, {{{0, 0.0, 0.6}, {10 / 0.6, 0.6, 0}}, {{0, 0.7, 0}}, {{0, 0.7, 0}}});
    const auto placed = place_plan(problem, plan);
    test::check_devices(problem, placed);
    CHECK_FALSE(placed.streams[0].retraining);
    CHECK(placed.streams[0].steps[0].retraining_share == 0);
    CHECK(placed.streams[0].steps[0].inference_share > 0.2);
    CHECK(placed.streams[0].steps[0].inference_share <= 0.6);
}

TEST_CASE(
    "place_plan: retrainings are cut before inference, and inference keeps a_MIN where it can") {
    auto problem = problem_with(3, 2);
    const auto retraining_first = place_plan(
        problem,
        plan_of(problem, {{{0, 0.7, 0}}, {{0, 0.7, 0}}, {{0, 0.0, 0.6}, {10 / 0.6, 0.6, 0}}}));
    CHECK(retraining_first.streams[0].steps[0].inference_share == 0.7);
    CHECK(retraining_first.streams[1].steps[0].inference_share == 0.7);
    // 0.6 each; a and b need all of it for a_MIN, c has a better model and needs 0.4.
    problem.min_accuracy = 0.3;
    problem.streams[2].accuracy = 0.75;
    const auto placed =
        place_plan(problem, plan_of(problem, {{{0, 0.6, 0}}, {{0, 0.6, 0}}, {{0, 0.6, 0}}}));
    CHECK(placed.violations.empty());
    CHECK(placed.streams[2].steps[0].inference_share == Approx(0.4));
    // Without that model one of the three has to fall below, and only one does.
    problem.streams[2].accuracy = 0.5;
    CHECK(place_plan(problem, plan_of(problem, {{{0, 0.6, 0}}, {{0, 0.6, 0}}, {{0, 0.6, 0}}}))
              .violations.size() == 1);
}

TEST_CASE("place_plan: one device -> nothing changes; 300 plans of best, thief and none") {
    for (unsigned seed = 0; seed < 300; ++seed) {
        CAPTURE(seed);
        const auto problem = random_problem(seed, 1, 1 + static_cast<int>(seed % 12));
        const auto policy = seed % 3 == 0 ? "best" : seed % 3 == 1 ? "thief" : "none";
        const auto plan = make_plan(policy, problem, {.best = {.effort = 0.05}});
        const auto placed = place_plan(problem, plan);
        test::check_devices(problem, placed);
        check_unchanged(plan, placed);
    }
}

TEST_CASE("place_plan: 1200 random plans of thief and best on 1 to 8 devices") {
    for (unsigned seed = 0; seed < 1200; ++seed) {
        CAPTURE(seed);
        const bool best = seed % 4 == 0;
        const int streams = 1 + static_cast<int>(seed / 32 % (best ? 12 : 30));
        const auto problem = random_problem(seed, 1 + static_cast<int>(seed / 4 % 8), streams);
        const auto plan = make_plan(best ? "best" : "thief", problem, {.best = {.effort = 0.05}});
        check_placed(problem, plan, place_plan(problem, plan));
    }
}

TEST_CASE("place_plan: devices are whole, jobs no larger than one, the plan one of the problem") {
    auto problem = problem_with(2, 2);
    const auto plan = schedule_none(problem);
    problem.gpus = 1.5;
    CHECK_THROWS_WITH_AS((void)place_plan(problem, plan),
                         "gpus: 1.500000 is not a whole number: jobs are placed on whole devices",
                         DomainError);
    problem.gpus = 0;
    CHECK_THROWS_AS((void)place_plan(problem, plan), DomainError);
    problem.gpus = 1;  // the plan shares out two
    CHECK_THROWS_AS((void)place_plan(problem, plan), DomainError);
    problem.gpus = 2;
    problem.max_job_share = 2;
    CHECK_THROWS_WITH_AS(
        (void)place_plan(problem, plan),
        "max_job_share: 2.000000 is more than 1: a job that is placed lies on one device",
        DomainError);
    problem.max_job_share = 1;
    problem.streams.push_back(test::linear_stream("c", 0.5));
    CHECK_THROWS_WITH_AS((void)place_plan(problem, plan), "plan: stream c is missing", DomainError);
}
