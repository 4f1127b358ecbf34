#pragma once
// Properties that every plan must have.
#include <doctest/doctest.h>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/problem.hpp"

namespace ekya::test {

/// GPUs in use while all retrainings run, and after all have ended.
struct Usage {
    double before = 0, after = 0;
};

inline Usage usage_of(const Plan& plan) {
    Usage usage;
    for (const auto& stream : plan.streams) {
        usage.before += stream.inference_share + (stream.retraining ? stream.retraining->share : 0);
        usage.after += stream.inference_share_after;
    }
    return usage;
}

inline void check_shares(const ScheduleProblem& problem, const Plan& plan) {
    constexpr double rounding = 1e-9;
    CHECK(usage_of(plan).before <= problem.gpus + rounding);
    CHECK(usage_of(plan).after <= problem.gpus + rounding);
    for (const auto& stream : plan.streams) {
        CHECK(stream.inference_share <= problem.max_job_share + rounding);
        CHECK(stream.inference_share_after <= problem.max_job_share + rounding);
        CHECK(stream.inference_share_after >= stream.inference_share - rounding);
        if (!stream.retraining) continue;
        CHECK(stream.retraining->share > 0);
        CHECK(stream.retraining->share <= problem.max_job_share + rounding);
        CHECK(stream.retraining->expected_seconds <= problem.horizon);
    }
}

}  // namespace ekya::test
