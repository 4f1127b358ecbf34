#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/explain.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "problems.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

Explanation explained(const ScheduleProblem& problem, const std::string& policy = "best") {
    const auto planner = [&](const ScheduleProblem& of) { return make_plan(policy, of); };
    return explain(problem, planner(problem), planner, 0.1);
}

}  // namespace

TEST_CASE(
    "explain: worked example, B before A; without its configuration B would take the dear one") {
    const auto problem = test::worked_example();
    const auto e = explained(problem);
    REQUIRE(e.streams.size() == 2);
    CHECK(e.policy == "best");
    CHECK(e.mean_accuracy == Approx(0.678125));
    CHECK(e.streams[0].order == 2);
    CHECK(e.streams[1].order == 1);
    CHECK(e.streams[1].retraining == problem.streams[1].retraining[1].id());
    CHECK(e.streams[1].gain_per_device_second == Approx(0.35 / 50));
    REQUIRE(e.streams[1].has_runner_up);
    CHECK(e.streams[1].runner_up == problem.streams[1].retraining[0].id());
    CHECK(e.streams[1].runner_up_cost > 0.01);
    // A's other configuration does not end behind B's: without cfg 2 it is not retrained.
    REQUIRE(e.streams[0].has_runner_up);
    CHECK(e.streams[0].runner_up.empty());
    CHECK(e.streams[0].runner_up_cost == Approx((0.7 - 0.65) * 5 / 120 / 2));
    CHECK(e.more_devices > 0);
}

TEST_CASE("explain: what one more quantum would bring to a starved stream") {
    auto problem = test::problem_of(100, 0.5);
    problem.streams = {test::linear_stream("a", 0.8)};
    problem.streams[0].retraining = {{test::config_of(1), 0.9, 500}};
    const auto e = explained(problem);
    CHECK(e.streams[0].order == 0);
    CHECK(e.streams[0].retraining.empty());
    CHECK_FALSE(e.streams[0].has_runner_up);
    CHECK(e.streams[0].more_inference == Approx(0.08));
    CHECK(e.streams[0].more_retraining == 0);
    CHECK(e.more_devices == Approx(0.08));
    CHECK(e.streams[0].gain_per_device_second == Approx(0.1 / 500));
}

TEST_CASE("explain: every policy can be explained; the lines align and name every stream") {
    auto problem = test::random_problem(11);
    for (const auto& name : policy_names()) {
        CAPTURE(name);
        const auto lines = describe(explained(problem, name));
        REQUIRE(lines.size() == problem.streams.size() + 4);
        CHECK(lines[0].rfind(name + ": mean accuracy ", 0) == 0);
        for (std::size_t v = 0; v < problem.streams.size(); ++v)
            CHECK(lines[2 + v].rfind(problem.streams[v].stream, 0) == 0);
        for (const auto& line : lines) CHECK(line.find("nan") == std::string::npos);
    }
    CHECK_THROWS_AS((void)explain(problem, make_plan("none", problem), {}, 0), DomainError);
}
