// Scoring in whole seconds, as the published simulator counts.
#include <doctest/doctest.h>

#include <optional>

#include "ekya/core/errors.hpp"
#include "ekya/reference/score.hpp"
#include "schedule/problems.hpp"
#include "whole_seconds.hpp"

namespace ekya {
namespace {

/// One stream at 0.5 that a retraining of so many GPU-seconds brings to 0.9; inference has all it
/// needs.
StreamScore score(double device_seconds, const std::vector<PlanStep>& steps, Seconds horizon,
                  bool whole = true) {
    ScheduleProblem problem = test::problem_of(horizon, 2);
    PlanningInput stream = test::linear_stream("a", 0.5);
    stream.retraining = {{test::config_of(1), 0.9, device_seconds}};
    const auto curve = InferenceCurve::steps(stream.inference);
    const StreamSchedule schedule{&stream.retraining[0], &steps};
    return whole ? score_reference_stream(problem, stream, curve, schedule)
                 : score_stream(problem, stream, curve, schedule);
}

TEST_CASE("whole seconds: a completion acts from the next whole second on, T + 1 samples") {
    const auto result = score(3.5, {{0, 1, 1}, {3.5, 1, 0}}, 10);
    CHECK(result.accuracy == doctest::Approx((4 * 0.5 + 7 * 0.9) / 11));
    CHECK(result.ends == 4);
    CHECK(result.starts == 0);
    CHECK(score(3.5, {{0, 1, 1}, {3.5, 1, 0}}, 10.9).accuracy == result.accuracy);  // T is cut
}

TEST_CASE(
    "whole seconds: a completion at T still counts in the last sample, one after T does not") {
    CHECK(score(10, {{0, 1, 1}}, 10).accuracy == doctest::Approx((10 * 0.5 + 0.9) / 11));
    const auto late = score(10.5, {{0, 1, 1}}, 10);
    CHECK(late.accuracy == doctest::Approx(0.5));
    CHECK(!late.ends);
}

TEST_CASE("whole seconds: a completion is lost if progress lags more than its own second leaves") {
    // Real time: 10.5 s at 0.5 and 10.45 s at 0.7. Whole seconds: 11 s at 0.5 and 10 s at 0.7 are
    // 0.065 less.
    const std::vector<PlanStep> steps{{0, 1, 0.5}, {10.5, 1, 0.7}, {20.95, 1, 0}};
    CHECK(!score(12.565, steps, 40).ends);
    CHECK(score(12.565, steps, 40).accuracy == doctest::Approx(0.5));
    CHECK(score(12.565, steps, 40, false).ends);
    CHECK(score(12.5, steps, 40).ends == 21);
}

TEST_CASE("whole seconds: lost by 1e-7 is lost; on the second is complete") {
    CHECK(score(10, {{0, 1, 0.1}, {100, 1, 0}}, 200).ends ==
          100);  // 100 times 0.1 added up would be below 10
    CHECK(!score(10 + 1e-7, {{0, 1, 0.1}, {100, 1, 0}}, 200).ends);
}

TEST_CASE("whole seconds: of several changes within a second the last counts") {
    const auto result = score(100, {{0, 1, 0}, {2.2, 0.5, 0}, {2.7, 0.2, 0}}, 4);
    CHECK(result.accuracy == doctest::Approx((3 * 0.5 + 2 * 0.1) / 5));
}

TEST_CASE("whole seconds: completions between changes are found, a_MIN is watched") {
    CHECK(score(7.5, {{0, 1, 1}}, 20).ends == 8);
    CHECK(score(7.5, {{0, 1, 0}, {3, 1, 1}}, 20).starts == 3);

    ScheduleProblem problem = test::problem_of(9, 1);
    problem.min_accuracy = 0.6;
    const PlanningInput stream = test::linear_stream("a", 0.5);
    const std::vector<PlanStep> steps{{0, 1, 0}};
    const auto result = score_reference_stream(
        problem, stream, InferenceCurve::steps(stream.inference), {nullptr, &steps});
    CHECK(result.accuracy == doctest::Approx(0.5));
    CHECK(result.below_until == 10);
    CHECK(result.shortfall == doctest::Approx(0.1));
    CHECK(result.lowest_accuracy == 0.5);
    problem.horizon = 1e9;
    CHECK_THROWS_AS(
        (void)score_reference_stream(problem, stream, InferenceCurve::steps(stream.inference),
                                     {nullptr, &steps}),
        DomainError);
}

/// One stream at 0.5 with a retraining to 0.9 and an earlier model of 0.7, for 10 s.
ScheduleProblem one_stream() {
    auto problem = test::problem_of(10, 1);
    problem.streams = {test::linear_stream("a", 0.5)};
    problem.streams[0].retraining = {{test::config_of(1), 0.9, 1e6}};
    problem.streams[0].cached = {{"old", 0.7, {}}};
    return problem;
}

StreamScore score(const ScheduleProblem& problem, std::optional<RetrainingTimes> elsewhere,
                  bool cached = false) {
    const auto& stream = problem.streams[0];
    const std::vector<PlanStep> steps{{0, 1, 0, {}}, {4, 0.5, 0, {}}};
    return score_reference_stream(problem, stream, InferenceCurve::steps(stream.inference),
                                  {elsewhere ? &stream.retraining[0] : nullptr, &steps, elsewhere,
                                   cached ? &stream.cached[0] : nullptr});
}

TEST_CASE(
    "score_reference_stream: a model from elsewhere serves from the next one on, in the last "
    "sample too") {
    const auto problem = one_stream();
    CHECK(score(problem, RetrainingTimes{1, 6.5}).accuracy ==
          doctest::Approx((4 * 0.5 + 3 * 0.25 + 4 * 0.45) / 11));
    CHECK(score(problem, RetrainingTimes{1, 6.5}).ends == 7);
    CHECK(score(problem, RetrainingTimes{0, 0}).accuracy ==
          doctest::Approx((4 * 0.9 + 7 * 0.45) / 11));
    CHECK(score(problem, RetrainingTimes{0, 0}).ends == 0);
    CHECK(score(problem, RetrainingTimes{0, 10}).accuracy ==
          doctest::Approx((4 * 0.5 + 6 * 0.25 + 0.45) / 11));
    CHECK(score(problem, RetrainingTimes{0, 6 + 1e-12}).ends ==
          6);  // what rounding adds is no second
    const auto late = score(problem, RetrainingTimes{0, 10.1});
    CHECK(late.accuracy == doctest::Approx((4 * 0.5 + 7 * 0.25) / 11));
    CHECK(!late.ends);
}

TEST_CASE("score_reference_stream: a cached model serves from the start") {
    CHECK(score(one_stream(), {}, true).accuracy == doctest::Approx((4 * 0.7 + 7 * 0.35) / 11));
}

TEST_CASE("sample_reference: a retraining runs in continuous time and its accuracy is sampled") {
    // 12.565 device-seconds by 20.95 s in continuous time; second by second they would be missed.
    auto problem = test::problem_of(40, 2);
    problem.streams = {test::linear_stream("a", 0.5)};
    problem.streams[0].retraining = {{test::config_of(1), 0.9, 12.565}};
    Plan plan;
    plan.streams.emplace_back();
    plan.streams[0].stream = "a";
    plan.streams[0].retraining.emplace();
    plan.streams[0].retraining->config = test::config_of(1);
    plan.streams[0].steps = {{0, 1, 0.5}, {10.5, 1, 0.7}, {20.95, 1, 0}};
    CHECK_FALSE(score_reference(problem, plan)[0].ends);
    const auto sampled = sample_reference(problem, plan)[0];
    CHECK(sampled.ends == 21);
    CHECK(sampled.accuracy == doctest::Approx((21 * 0.5 + 20 * 0.9) / 41));
    plan.streams[0].steps = {{0, 1, 0.1}};
    CHECK_FALSE(sample_reference(problem, plan)[0].ends);
    plan.streams[0].stream = "b";
    CHECK_THROWS_AS((void)sample_reference(problem, plan), DomainError);
}

TEST_CASE("whole_second_blocks: cover T + 1 samples, cut before and after each change") {
    std::vector<WholeSecondBlock> blocks;
    whole_second_blocks({0, 34.2, 34.9, 60, 250}, 200, blocks);
    std::vector<int> starts;
    int next = 0;
    for (const auto& block : blocks) {
        CHECK(block.start == next);
        next = block.start + block.length;
        starts.push_back(block.start);
    }
    CHECK(next == 201);
    CHECK(starts == std::vector<int>{0, 34, 35, 60, 200});
    CHECK(blocks[1].step == 0);
    CHECK(blocks[2].step == 2);
    CHECK(blocks[3].step == 3);
    whole_second_blocks({0}, 0, blocks);
    CHECK(blocks.size() == 1);
}

}  // namespace
}  // namespace ekya
