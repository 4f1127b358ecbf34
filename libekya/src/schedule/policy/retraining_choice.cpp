#include "policy/retraining_choice.hpp"

#include <algorithm>

namespace ekya {

RetrainingChoice choose_retraining(const ScheduleProblem& problem, const PlanningInput& input,
                                   double share, double relative_during, double relative_after) {
    const double used = std::min(share, problem.max_job_share);
    RetrainingChoice best{nullptr, outcome_of(problem, 0, 0, input.accuracy * relative_after)};
    for (const auto& entry : input.retraining) {
        if (!ends_within_horizon(problem, entry, used)) continue;
        const Outcome outcome =
            outcome_of(problem, std::min(entry.device_seconds / used, problem.horizon),
                       input.accuracy * relative_during, entry.accuracy * relative_after);
        const bool tie = !better(best.outcome, outcome) && best.retraining &&
                         entry.device_seconds < best.retraining->device_seconds;
        if (better(outcome, best.outcome) || tie) best = {&entry, outcome};
    }
    return best;
}

bool ends_within_horizon(const ScheduleProblem& problem, const RetrainingOption& retraining,
                         double share) {
    const double used = std::min(share, problem.max_job_share);
    return used > 0 && retraining.device_seconds / used <= problem.horizon * (1 + plan_tolerance);
}

std::vector<PlanStep> simple_steps(const ScheduleProblem& problem,
                                   const RetrainingOption* retraining, const JobShares& during,
                                   double inference_after) {
    if (!retraining) return {{0, inference_after, 0}};
    const Seconds ends = std::min(retraining->device_seconds / during.retraining, problem.horizon);
    return {{0, during.inference, during.retraining}, {ends, inference_after, 0}};
}

}  // namespace ekya
