#include "ekya/schedule/plan/inference_choice.hpp"

#include <limits>

#include "ekya/core/errors.hpp"
#include "ekya/core/plan.hpp"

namespace ekya {
namespace {

bool more_accurate(const InferenceEstimate& a, const InferenceEstimate& b) {
    if (a.relative_accuracy != b.relative_accuracy)
        return a.relative_accuracy > b.relative_accuracy;
    return a.share < b.share;
}

bool cheaper(const InferenceEstimate& a, const InferenceEstimate& b) {
    if (a.share != b.share) return a.share < b.share;
    return a.relative_accuracy > b.relative_accuracy;
}

}  // namespace

InferenceChoice choose_inference(const PlanningInput& estimate, double share) {
    require_in_range("share", share, 0, std::numeric_limits<double>::max());
    if (estimate.inference.empty())
        throw DomainError("stream " + estimate.stream + ": inference: is empty");
    const InferenceEstimate* best = nullptr;
    const InferenceEstimate* cheapest = nullptr;
    for (const auto& entry : estimate.inference) {
        if (!cheapest || cheaper(entry, *cheapest)) cheapest = &entry;
        if (entry.share <= share + plan_tolerance && (!best || more_accurate(entry, *best)))
            best = &entry;
    }
    if (best) return {best->config, best->relative_accuracy, true};
    return {cheapest->config, cheapest->relative_accuracy * share / cheapest->share, false};
}

InferenceChoice choose_inference(const ScheduleProblem& problem, const PlanningInput& estimate,
                                 double share) {
    if (!problem.curve) return choose_inference(estimate, share);
    require_in_range("share", share, 0, std::numeric_limits<double>::max());
    const double relative = problem.curve->relative_accuracy(share);
    return {problem.curve->config(share), relative, relative > 0};
}

bool holds_min_accuracy(double model_accuracy, double relative_accuracy, double min_accuracy) {
    return model_accuracy * relative_accuracy >= min_accuracy - plan_tolerance;
}

}  // namespace ekya
