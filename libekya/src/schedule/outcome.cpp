#include "outcome.hpp"

#include <algorithm>
#include <numeric>

#include "ekya/schedule/inference_choice.hpp"
#include "ekya/schedule/pick_configs.hpp"

namespace ekya {
namespace {

double lacking(const ScheduleProblem& problem, double accuracy) {
    return holds_min_accuracy(accuracy, 1, problem.min_accuracy) ? 0
                                                                 : problem.min_accuracy - accuracy;
}

}  // namespace

double mean_in_order_of_size(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Outcome outcome_of(const ScheduleProblem& problem, Seconds seconds, double accuracy_during,
                   double accuracy_after) {
    const double during = seconds / problem.horizon;
    Outcome outcome;
    outcome.accuracy = during * accuracy_during + (1 - during) * accuracy_after;
    outcome.shortfall = during * lacking(problem, accuracy_during) +
                        (1 - during) * lacking(problem, accuracy_after);
    outcome.violations = outcome.shortfall > 0 ? 1 : 0;
    return outcome;
}

RetrainingChoice choose_retraining(const ScheduleProblem& problem, const PlanningInput& estimate,
                                   double share, double relative_during, double relative_after) {
    const double used = std::min(share, problem.max_job_share);
    RetrainingChoice best{nullptr, outcome_of(problem, 0, 0, estimate.accuracy * relative_after)};
    for (const auto& entry : estimate.retraining) {
        if (!ends_within_horizon(problem, entry, used)) continue;
        const Outcome outcome =
            outcome_of(problem, std::min(entry.device_seconds / used, problem.horizon),
                       estimate.accuracy * relative_during, entry.accuracy * relative_after);
        const bool tie = !better(best.outcome, outcome) && best.retraining &&
                         entry.device_seconds < best.retraining->device_seconds;
        if (better(outcome, best.outcome) || tie) best = {&entry, outcome};
    }
    return best;
}

}  // namespace ekya
