#pragma once
// Properties that every plan must have.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"
#include "ekya/schedule/plan/score.hpp"

namespace ekya::test {

/// GPUs in use while all retrainings run, and after all have ended.
struct Usage {
    double before = 0, after = 0;
};

inline Usage usage_of(const Plan& plan) {
    Usage usage;
    for (const auto& stream : plan.streams) {
        usage.before += stream.steps.front().inference_share +
                        (stream.retraining ? stream.retraining->share : 0);
        usage.after += step_after_retraining(stream).inference_share;
    }
    return usage;
}

inline void check_shares(const ScheduleProblem& problem, const Plan& plan) {
    constexpr double rounding = 1e-9;
    CHECK(usage_of(plan).before <= problem.gpus + rounding);
    CHECK(usage_of(plan).after <= problem.gpus + rounding);
    for (const auto& stream : plan.streams) {
        CHECK(stream.steps.front().inference_share <= problem.max_job_share + rounding);
        CHECK(step_after_retraining(stream).inference_share <= problem.max_job_share + rounding);
        CHECK(step_after_retraining(stream).inference_share >=
              stream.steps.front().inference_share - rounding);
        if (!stream.retraining) continue;
        CHECK(stream.retraining->share > 0);
        CHECK(stream.retraining->share <= problem.max_job_share + rounding);
        CHECK(stream.retraining->expected_seconds <= problem.horizon);
    }
}

/// Shares hold at every instant, scoring the plan on its own problem gives what it expects, and all
/// its retrainings end.
inline void check_plan(const ScheduleProblem& problem, const Plan& plan) {
    CHECK_NOTHROW(ekya::check_shares(problem, plan));
    const auto scores = score_plan(problem, plan);
    for (std::size_t v = 0; v < scores.size(); ++v) {
        CHECK(plan.streams[v].stream == problem.streams[v].stream);
        CHECK(scores[v].accuracy ==
              doctest::Approx(plan.streams[v].expected_accuracy).epsilon(1e-12));
        CHECK(scores[v].ends.has_value() == plan.streams[v].retraining.has_value());
        if (!scores[v].ends) continue;
        CHECK(*scores[v].ends == doctest::Approx(plan.streams[v].retraining->expected_seconds));
        CHECK(*scores[v].ends <= problem.horizon + 1e-9);
    }
    CHECK(mean_accuracy(scores) == doctest::Approx(plan.mean_accuracy).epsilon(1e-12));
}

using Planner = std::function<Plan(const ScheduleProblem&)>;

/// The order of the streams changes nothing.
inline void check_order(const ScheduleProblem& problem, const Planner& planner, unsigned seed) {
    const Plan plan = planner(problem);
    auto shuffled = problem;
    std::mt19937 random(seed);
    std::shuffle(shuffled.streams.begin(), shuffled.streams.end(), random);
    const Plan other = planner(shuffled);
    CHECK(std::abs(other.mean_accuracy - plan.mean_accuracy) <= 1e-12);
    for (const auto& stream : plan.streams) {
        const auto same =
            std::find_if(other.streams.begin(), other.streams.end(),
                         [&](const auto& entry) { return entry.stream == stream.stream; });
        REQUIRE(same != other.streams.end());
        CHECK(std::abs(same->expected_accuracy - stream.expected_accuracy) <= 1e-12);
        CHECK(same->retraining.has_value() == stream.retraining.has_value());
    }
}

/// Both on random problems: few GPUs and many, small jobs and large ones.
template <typename Problem>
void check_on_problems(const Planner& planner, const Problem& problem_of_seed, unsigned count) {
    for (unsigned seed = 0; seed < count; ++seed) {
        CAPTURE(seed);
        auto problem = problem_of_seed(seed);
        if (seed % 3 == 1) problem.max_job_share = 0.3;
        if (seed % 3 == 2) problem.max_job_share = 1e6;
        check_plan(problem, planner(problem));
        if (seed % 5 == 0) check_order(problem, planner, seed);
    }
}

}  // namespace ekya::test
