#include "ekya/schedule/policy/pick_configs.hpp"

#include <algorithm>
#include <limits>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/inference_choice.hpp"
#include "policy/retraining_choice.hpp"

namespace ekya {
namespace {

/// Shares as the jobs can use them: what inference has while the stream is retrained, and when it
/// is not.
struct UsableShares {
    UsableShares(const ScheduleProblem& problem, const JobShares& given) {
        require_in_range("inference share", given.inference, 0, std::numeric_limits<double>::max());
        require_in_range("retraining share", given.retraining, 0,
                         std::numeric_limits<double>::max());
        inference = std::min(given.inference, problem.max_job_share);
        retraining = std::min(given.retraining, problem.max_job_share);
        inference_after = std::min(given.inference + given.retraining, problem.max_job_share);
    }
    double inference, retraining, inference_after;
};

}  // namespace

PickedConfigs pick_configs(const ScheduleProblem& problem, const PlanningInput& input,
                           const JobShares& shares) {
    const UsableShares usable(problem, shares);
    const auto during = choose_inference(problem, input, usable.inference);
    const auto after = choose_inference(problem, input, usable.inference_after);
    const auto* retraining = choose_retraining(problem, input, usable.retraining,
                                               during.relative_accuracy, after.relative_accuracy)
                                 .retraining;
    PickedConfigs picked{retraining,
                         simple_steps(problem, retraining, {usable.inference, usable.retraining},
                                      usable.inference_after),
                         {}};
    picked.steps.front().inference = retraining ? during.config : after.config;
    picked.steps.back().inference = after.config;
    const InferenceCurve curve =
        problem.curve ? *problem.curve : InferenceCurve::steps(input.inference);
    picked.score = score_stream(problem, input, curve, {retraining, &picked.steps});
    return picked;
}

}  // namespace ekya
