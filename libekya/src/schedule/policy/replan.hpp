#pragma once
#include <functional>
#include <string>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

/// Runs a planner at the start and again whenever a retraining ends, on what is then left of the
/// window, and strings its plans together. A running retraining keeps its configuration and its
/// progress, and may be paused; one that has ended is not followed by another. Private to the
/// module.
/// @param planner plans a whole problem; only its shares and retrainings until the next completion
/// are used Source: Ekya §4.2: the scheduler "runs at the start of each window and whenever a
/// retraining ends".
[[nodiscard]] Plan plan_with_reruns(const ScheduleProblem& problem, const std::string& policy,
                                    const std::function<Plan(const ScheduleProblem&)>& planner);

}  // namespace ekya
