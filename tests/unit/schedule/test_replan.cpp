// Planning anew at completions; what it gives with the thief: test_thief.
#include <doctest/doctest.h>

#include <map>
#include <string>

#include "plan_checks.hpp"
#include "policy/replan.hpp"
#include "problems.hpp"

namespace ekya {
namespace {

/// Gives every retraining that is left the same share each time, inference a half.
Plan with_fixed_shares(const ScheduleProblem& problem,
                       const std::map<std::string, double>& shares) {
    Plan plan;
    for (const auto& stream : problem.streams) {
        StreamPlan entry;
        entry.stream = stream.stream;
        entry.steps = {{0, 0.5, 0}};
        if (!stream.retraining.empty()) {
            entry.steps[0].retraining_share = shares.at(stream.stream);
            entry.retraining =
                PlannedRetraining{stream.retraining[0].config, shares.at(stream.stream)};
        }
        plan.streams.push_back(entry);
    }
    return plan;
}

TEST_CASE(
    "plan_with_reruns: a retraining that ends together with another one is not lost to rounding") {
    for (int i = 1; i <= 40; ++i)
        for (int seconds = 2; seconds <= 60; ++seconds) {
            CAPTURE(i);
            CAPTURE(seconds);
            const std::map<std::string, double> shares{{"a", 0.5}, {"b", i / 47.0}};
            auto problem = test::problem_of(200, 4);
            problem.streams = {test::linear_stream("a", 0.5), test::linear_stream("b", 0.5)};
            problem.streams[0].retraining = {{test::config_of(1), 0.9, 0.5 * seconds}};
            problem.streams[1].retraining = {{test::config_of(1), 0.9, shares.at("b") * seconds}};
            const auto plan = plan_with_reruns(
                problem, "", [&](const auto& rest) { return with_fixed_shares(rest, shares); });
            for (const auto& stream : plan.streams) CHECK(stream.retraining);
        }
}

}  // namespace
}  // namespace ekya
