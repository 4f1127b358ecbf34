#include "plan/outcome.hpp"

#include <algorithm>
#include <numeric>

#include "ekya/schedule/plan/inference_choice.hpp"

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

}  // namespace ekya
