#include "ekya/core/plan.hpp"

#include <algorithm>

namespace ekya {

std::vector<PlanStep> simple_steps(const StreamPlan& plan) {
    if (!plan.retraining) return {{0, plan.inference_share, 0, plan.inference}};
    return {
        {0, plan.inference_share, plan.retraining->share, plan.inference},
        {plan.retraining->expected_seconds, plan.inference_share_after, 0, plan.inference_after}};
}

void carry_starts(Plan& plan, std::span<const PlanningInput> inputs) {
    for (auto& stream : plan.streams) {
        if (!stream.retraining) continue;
        const auto found = std::find_if(inputs.begin(), inputs.end(),
                                        [&](const auto& e) { return e.stream == stream.stream; });
        if (found == inputs.end()) continue;
        stream.retraining->start = found->start;
    }
}

}  // namespace ekya
