#include "ekya/core/plan.hpp"

#include <algorithm>

namespace ekya {

std::vector<PlanStep> simple_steps(const StreamPlan& plan) {
    if (!plan.retraining) return {{0, plan.inference_share, 0, plan.inference}};
    return {
        {0, plan.inference_share, plan.retraining->share, plan.inference},
        {plan.retraining->expected_seconds, plan.inference_share_after, 0, plan.inference_after}};
}

void carry_starts(Plan& plan, std::span<const StreamEstimate> estimates) {
    for (auto& stream : plan.streams) {
        if (!stream.retraining) continue;
        const auto found = std::find_if(estimates.begin(), estimates.end(),
                                        [&](const auto& e) { return e.stream == stream.stream; });
        if (found == estimates.end()) continue;
        stream.retraining->start_model = found->start_model;
        stream.retraining->start_stream = found->start_stream;
        stream.retraining->exemplars_from = found->exemplars_from;
    }
}

}  // namespace ekya
