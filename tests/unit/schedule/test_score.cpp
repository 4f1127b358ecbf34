// Scoring of models that come from elsewhere, and of earlier ones. Retrainings on the devices:
// test_timeline, test_best.
#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/score.hpp"
#include "plan/finish_plan.hpp"
#include "plan_checks.hpp"
#include "problems.hpp"

namespace ekya {
namespace {

using doctest::Approx;

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
    return score_stream(problem, stream, InferenceCurve::steps(stream.inference),
                        {elsewhere ? &stream.retraining[0] : nullptr, &steps, elsewhere,
                         cached ? &stream.cached[0] : nullptr});
}

TEST_CASE("score_stream: a model from elsewhere serves from its arrival on, without any share") {
    const auto problem = one_stream();
    const auto result = score(problem, RetrainingTimes{1, 6.5});
    CHECK(result.accuracy == Approx((4 * 0.5 + 2.5 * 0.25 + 3.5 * 0.45) / 10));
    CHECK(result.starts == 1);
    CHECK(result.ends == 6.5);
    CHECK(result.lowest_accuracy == 0.25);
    CHECK(score(problem, RetrainingTimes{0, 0}).accuracy == Approx((4 * 0.9 + 6 * 0.45) / 10));
    CHECK(score(problem, RetrainingTimes{0, 4}).accuracy ==
          Approx((4 * 0.5 + 6 * 0.45) / 10));  // with a change of shares
}

TEST_CASE(
    "score_stream: what arrives after the horizon never serves, at the horizon it is there but "
    "changes nothing") {
    for (const Seconds arrives : {10.0, 10.1, 1e9}) {
        const auto result = score(one_stream(), RetrainingTimes{0, arrives});
        CHECK(result.accuracy == Approx((4 * 0.5 + 6 * 0.25) / 10));
        CHECK(result.ends.has_value() == (arrives == 10));
    }
}

TEST_CASE("score_stream: a cached model serves from the start") {
    CHECK(score(one_stream(), {}, true).accuracy == Approx((4 * 0.7 + 6 * 0.35) / 10));
    CHECK(score(one_stream(), RetrainingTimes{0, 6}, true).accuracy ==
          Approx((4 * 0.7 + 2 * 0.35 + 4 * 0.45) / 10));
}

TEST_CASE("finish_plan and score_plan: expected by the estimate, scored by the truth") {
    auto problem = one_stream();
    const auto& stream = problem.streams[0];
    const auto plan = finish_plan(
        problem, "test",
        {{&stream.retraining[0], {{0, 1, 0, {}}}, RetrainingTimes{0.5, 6}, &stream.cached[0]}});
    test::check_plan(problem, plan);
    REQUIRE(plan.streams[0].retraining);
    CHECK(plan.streams[0].retraining->elsewhere);
    CHECK(plan.streams[0].retraining->share == 0);
    CHECK(plan.streams[0].retraining->start_seconds == 0.5);
    CHECK(plan.streams[0].retraining->expected_seconds == 6);
    CHECK(plan.streams[0].cached == "old");
    problem.streams[0].cached[0].accuracy = 0.2;
    problem.streams[0].retraining[0].accuracy = 0.3;
    CHECK(score_plan(problem, plan)[0].accuracy == Approx((6 * 0.2 + 4 * 0.3) / 10));
    problem.streams[0].cached.clear();
    CHECK_THROWS_WITH_AS((void)score_plan(problem, plan), "stream a: has no cached model old",
                         DomainError);
}

TEST_CASE("finish_plan: a model that never arrives is left out") {
    const auto problem = one_stream();
    const auto plan = finish_plan(
        problem, "test",
        {{&problem.streams[0].retraining[0], {{0, 1, 0, {}}}, RetrainingTimes{0, 11}, nullptr}});
    CHECK_FALSE(plan.streams[0].retraining);
    CHECK(plan.mean_accuracy == 0.5);
}

}  // namespace
}  // namespace ekya
