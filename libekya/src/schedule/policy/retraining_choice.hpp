#pragma once
#include <vector>

#include "ekya/schedule/plan/problem.hpp"
#include "ekya/schedule/policy/pick_configs.hpp"
#include "plan/outcome.hpp"

namespace ekya {

/// γ for one stream, when its inference has the given relative accuracies while and after a
/// retraining. Private to the module, like all of this header: the schedulers' hot path.
struct RetrainingChoice {
    const RetrainingOption* retraining = nullptr;  ///< null = none
    Outcome outcome;
};
[[nodiscard]] RetrainingChoice choose_retraining(const ScheduleProblem& problem,
                                                 const PlanningInput& input, double share,
                                                 double relative_during, double relative_after);

/// Whether a retraining with this share (at most max_job_share of it used) ends within the horizon.
[[nodiscard]] bool ends_within_horizon(const ScheduleProblem& problem,
                                       const RetrainingOption& retraining, double share);

/// The steps of a retraining that starts at once and keeps its share until it ends.
/// @param retraining null = none: then inference has `inference_after` all the time
[[nodiscard]] std::vector<PlanStep> simple_steps(const ScheduleProblem& problem,
                                                 const RetrainingOption* retraining,
                                                 const JobShares& during, double inference_after);

}  // namespace ekya
