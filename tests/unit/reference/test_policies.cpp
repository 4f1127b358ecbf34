// The published simulator's policies on problems small enough to follow by hand. Its own results:
// unit/simulate.
#include "ekya/reference/policies.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "ekya/core/errors.hpp"
#include "ekya/reference/score.hpp"
#include "schedule/problems.hpp"
#include "timeline.hpp"

namespace ekya {
namespace {

using enum ReferencePolicy;

constexpr ReferencePolicy all_policies[] = {thief,    fair_dumb,   fair_naive,
                                            fair_sco, fair_random, inference_only};

PlanningInput stream_of(const std::string& name, double accuracy,
                        std::vector<RetrainingOption> retraining) {
    PlanningInput stream = test::linear_stream(name, accuracy);
    stream.retraining = std::move(retraining);
    return stream;
}

ScheduleProblem problem_of(Seconds horizon, double gpus, std::vector<PlanningInput> streams) {
    ScheduleProblem problem = test::problem_of(horizon, gpus);
    problem.streams = std::move(streams);
    problem.max_job_share = 100;
    return problem;
}

std::string chosen(const Plan& plan) {
    return plan.streams[0].retraining ? plan.streams[0].retraining->id() : "none";
}

TEST_CASE("reference_policy_from: names there and back") {
    for (const auto policy : all_policies)
        CHECK(reference_policy_from(to_string(policy)) == policy);
    CHECK(reference_policy_names().size() == std::size(all_policies));
    CHECK(reference_policy_names().front() == "reference-thief");
    CHECK_FALSE(reference_policy_from("thief"));
}

TEST_CASE("reference: what each fair policy retrains") {
    // A quarter of 2 GPUs for 100 s: below 50 GPU-seconds fits fair_naive.
    const auto problem = problem_of(100, 2,
                                    {stream_of("a", 0.5,
                                               {{test::config_of(1), 0.4, 5, "worse"},
                                                {test::config_of(1), 0.5, 5, "same"},
                                                {test::config_of(1), 0.8, 50, "just too long"},
                                                {test::config_of(1), 0.7, 49, "fits"},
                                                {test::config_of(1), 0.9, 500, "best"},
                                                {test::config_of(1), 0.9, 400, "equally good"}})});
    CHECK(chosen(schedule_reference(problem, fair_dumb)) == "best");
    CHECK(chosen(schedule_reference(problem, fair_naive)) == "fits");
    CHECK(chosen(schedule_reference(problem, fair_random)) == "same");
    CHECK(chosen(schedule_reference(problem, fair_sco)) == "just too long");
    CHECK(chosen(schedule_reference(problem, inference_only)) == "none");
    CHECK(schedule_reference(problem, fair_naive).policy == "reference-fair-naive");
    CHECK(schedule_reference(problem, thief).policy == "reference-thief");
}

TEST_CASE("reference: shares follow the end of each retraining; every stream has all changes") {
    const auto problem = problem_of(100, 2,
                                    {stream_of("a", 0.5, {{test::config_of(1), 0.9, 10, "x"}}),
                                     stream_of("b", 0.4, {{test::config_of(1), 0.8, 30, "y"}})});
    const Plan plan = schedule_reference(problem, fair_dumb);
    // a ends after 10 / 0.5 s, b then has 0.5 + 0.5 / 3.
    const double third = 0.5 / 3, b_ends = 20 + 20 / (0.5 + third);
    for (const auto& stream : plan.streams) {
        REQUIRE(stream.steps.size() == 3);
        CHECK(stream.steps[1].start == 20);
        CHECK(stream.steps[2].start == doctest::Approx(b_ends));
        CHECK(stream.steps[1].inference_share == doctest::Approx(0.5 + third));
        CHECK(stream.steps[2].inference_share == doctest::Approx(1));
        CHECK(stream.steps[2].retraining_share == 0);
    }
    CHECK(plan.streams[0].steps[1].retraining_share == 0);
    CHECK(plan.streams[1].steps[1].retraining_share == doctest::Approx(0.5 + third));
    CHECK(plan.streams[0].retraining->expected_seconds == 20);
    CHECK(plan.streams[0].retraining->start_seconds == 0);
    CHECK(step_after_retraining(plan.streams[0]).inference_share == doctest::Approx(0.5 + third));
    CHECK(plan.streams[1].retraining->expected_seconds == doctest::Approx(b_ends));
    CHECK(plan.mean_accuracy ==
          doctest::Approx(mean_accuracy(score_reference(problem, plan))).epsilon(1e-14));
}

TEST_CASE("reference: equal completion times are one change") {
    const RetrainingOption same{test::config_of(1), 0.9, 20, "x"};
    const Plan plan = schedule_reference(
        problem_of(100, 2, {stream_of("a", 0.5, {same}), stream_of("b", 0.5, {same})}), fair_dumb);
    REQUIRE(plan.streams[0].steps.size() == 2);
    CHECK(plan.streams[0].steps[1].start == 40);
    CHECK(plan.streams[1].steps[1].inference_share == doctest::Approx(1));
    CHECK(plan.streams[1].steps[1].retraining_share == 0);
    CHECK(plan.mean_accuracy == doctest::Approx((40 * 0.25 + 61 * 0.9) / 101));
}

TEST_CASE("reference: a completion lost to whole seconds is lost in the expectation too") {
    // The problem of test_score: a ends at 10.5 s, which gives b a rise of 0.5 / 3 half a
    // second late.
    const double rise = 0.5 / 3, slow = 10.5 * 0.5, fast = 10.45 * (0.5 + rise);
    const auto problem =
        problem_of(60, 2,
                   {stream_of("a", 0.5, {{test::config_of(1), 0.5, slow, "x"}}),
                    stream_of("b", 0.5, {{test::config_of(1), 0.9, slow + fast, "y"}})});
    const Plan plan = schedule_reference(problem, fair_dumb);
    CHECK(plan.streams[1].retraining->expected_seconds == doctest::Approx(20.95));
    CHECK(plan.streams[1].expected_accuracy < 0.5);
    CHECK(!score_reference(problem, plan)[1].ends);
    CHECK(plan.streams[1].expected_accuracy ==
          doctest::Approx(score_reference(problem, plan)[1].accuracy));
}

TEST_CASE("reference: a retraining with share 0 at the start is named and never runs") {
    const auto useless = stream_of("a", 0.5, {{test::config_of(1), 0.5, 5, "useless"}});
    const Plan plan = schedule_reference(problem_of(100, 0.2, {useless}), thief);
    REQUIRE(plan.streams[0].retraining);
    CHECK(plan.streams[0].retraining->id() == "useless");
    CHECK(plan.streams[0].retraining->share == 0);
    CHECK(plan.streams[0].retraining->expected_seconds == 100);
    CHECK(plan.streams[0].steps.size() == 1);
    CHECK(plan.streams[0].steps.front().inference_share == doctest::Approx(0.2));
    CHECK(plan.mean_accuracy == doctest::Approx(0.1));

    std::vector<ReferenceCamera> cameras(2);
    const RetrainingOption entry{test::config_of(1), 0.9, 10, "x"};
    cameras[0].retraining = cameras[1].retraining = &entry;
    ReferenceTimeline timeline;
    timeline.restart(2);
    timeline.retraining_of(0, 0) = 1;
    ReferenceSimulator().redistribute(cameras,
                                      timeline);  // the second one gets nothing of what is released
    REQUIRE(timeline.size() == 2);
    CHECK(timeline.retraining_of(1, 1) == 0);
    CHECK(timeline.inference_of(1, 0) == 0.5);
    CHECK(timeline.inference_of(1, 1) == 0.5);
}

TEST_CASE(
    "reference: without candidates nothing is retrained; the fair policies' half stays idle") {
    for (const auto& retraining :
         {std::vector<RetrainingOption>{}, {{test::config_of(1), 0.4, 5, "worse"}}}) {
        auto problem =
            problem_of(100, 1, {stream_of("a", 0.5, retraining), stream_of("b", 0.5, {})});
        for (auto& stream : problem.streams)
            stream.inference = {{{1, 0}, 1, 0.5}};  // nothing to gain above 0.5
        for (const auto policy : all_policies) {
            const Plan plan = schedule_reference(problem, policy);
            const double share = policy == thief || policy == inference_only ? 0.5 : 0.25;
            for (const auto& stream : plan.streams) {
                CHECK(!stream.retraining);
                REQUIRE(stream.steps.size() == 1);
                CHECK(stream.steps[0].inference_share == doctest::Approx(share));
            }
            CHECK(plan.mean_accuracy == doctest::Approx(share));
        }
    }
}

TEST_CASE(
    "reference: a delay splits the GPUs evenly over inference first, everything else is later") {
    const auto problem =
        problem_of(100, 1, {stream_of("a", 0.5, {{test::config_of(1), 0.9, 20, "x"}})});
    const Plan plan = schedule_reference(problem, fair_dumb, {.delay = 10});
    const auto& stream = plan.streams[0];
    REQUIRE(stream.steps.size() == 3);
    CHECK(stream.steps[0].start == 0);
    CHECK(stream.steps[0].inference_share == 1);
    CHECK(stream.steps[0].retraining_share == 0);
    CHECK(stream.steps[1].start == 10);
    CHECK(stream.steps[1].retraining_share == 0.5);
    CHECK(stream.steps[2].start == 50);
    CHECK(stream.retraining->start_seconds == 10);
    CHECK(stream.retraining->expected_seconds == 50);
    CHECK(stream.retraining->share == 0.5);
    CHECK(plan.mean_accuracy == doctest::Approx((10 * 0.5 + 40 * 0.25 + 51 * 0.9) / 101));
    CHECK(score_reference(problem, plan)[0].accuracy ==
          doctest::Approx(plan.mean_accuracy).epsilon(1e-14));
}

TEST_CASE(
    "reference: a job may use several devices; no devices are no failure; a low a_MIN is said") {
    const auto stream = stream_of("a", 0.5, {{test::config_of(1), 0.9, 20, "x"}});
    CHECK(schedule_reference(problem_of(100, 4, {stream}), fair_dumb)
              .streams[0]
              .retraining->expected_seconds == 10);
    for (const auto policy : all_policies)
        CHECK(schedule_reference(problem_of(100, 0, {stream}), policy).mean_accuracy == 0);
    auto problem = problem_of(100, 1, {stream});
    problem.min_accuracy = 0.45;
    CHECK(schedule_reference(problem, fair_dumb).violations ==
          std::vector<std::string>{"stream a: accuracy 0.25 is below min_accuracy 0.45"});
    CHECK(schedule_reference(problem, inference_only).violations.empty());
}

TEST_CASE("reference: shares never exceed the devices, the expectation is the score") {
    std::mt19937 random(7);
    for (int n = 0; n < 20; ++n) {
        std::vector<PlanningInput> streams;
        for (int v = 0; v < 1 + n % 4; ++v)
            streams.push_back(test::random_stream("s" + std::to_string(v), random));
        const auto problem = problem_of(120, 0.5 + n % 3, streams);
        for (const auto policy : all_policies) {
            const Plan plan = schedule_reference(problem, policy, {.iterations = 2});
            CHECK_NOTHROW(check_shares(problem, plan));
            CHECK(mean_accuracy(score_reference(problem, plan)) ==
                  doctest::Approx(plan.mean_accuracy).epsilon(1e-12));
        }
    }
}

TEST_CASE("reference: options and horizons out of range are errors") {
    const auto problem = problem_of(10, 1, {stream_of("a", 0.5, {})});
    CHECK_THROWS_AS((void)schedule_reference(problem, thief, {.iterations = 0}), DomainError);
    CHECK_THROWS_AS((void)schedule_reference(problem, thief, {.steal = 0}), DomainError);
    CHECK_THROWS_AS((void)schedule_reference(problem, thief, {.delay = 0.5}), DomainError);
    CHECK_THROWS_AS((void)schedule_reference(problem, thief, {.delay = 10}), DomainError);
    CHECK_NOTHROW((void)schedule_reference(problem, thief, {.delay = 9}));
    CHECK_THROWS_AS((void)schedule_reference(problem_of(0.9, 1, problem.streams), thief),
                    DomainError);
}

// Found by fuzz_estimate: an end at infinity made the next one NaN, and the plan could not be
// written.
TEST_CASE(
    "schedule_reference: retrainings that take for ever end at a finite time after the window") {
    std::vector<PlanningInput> streams;
    for (const char* name : {"a", "b", "c"})
        streams.push_back(stream_of(name, 0.3, {{test::config_of(1), 0.9, 1.7e308}}));
    const Plan plan = schedule_reference(problem_of(100, 2, streams), fair_dumb);
    for (const auto& stream : plan.streams) {
        CHECK(stream.retraining->expected_seconds == 100);
        for (const auto& step : stream.steps) CHECK(std::isfinite(step.start));
    }
}

}  // namespace
}  // namespace ekya
