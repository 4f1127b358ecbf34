#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"
#include "ekya/schedule/plan/score.hpp"
#include "plan/outcome.hpp"

namespace ekya {

/// What a planner decides for one stream; inference configurations follow from the shares.
struct StreamDecision {
    const RetrainingOption* retraining = nullptr;   ///< one of the stream's; null = none
    std::vector<PlanStep> steps;                    ///< ascending, the first at 0
    std::optional<RetrainingTimes> elsewhere = {};  ///< where the retraining needs no share
    const CachedModel* cached = nullptr;  ///< one of the stream's; null = the deployed model serves
};

/// The plan of these decisions, in the order of problem.streams, with what it is expected to give.
/// A retraining that never gets a share here, or does not end in time, is left out. Private to the
/// module.
[[nodiscard]] Plan finish_plan(const ScheduleProblem& problem, const std::string& policy,
                               std::vector<StreamDecision> decisions);

/// What a finished plan is worth. Private to the module.
[[nodiscard]] Outcome outcome_of(const ScheduleProblem& problem, const Plan& plan);

}  // namespace ekya
