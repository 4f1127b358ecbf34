#include "ekya/core/plan.hpp"

namespace ekya {

std::vector<PlanStep> simple_steps(const StreamPlan& plan) {
    if (!plan.retraining) return {{0, plan.inference_share, 0, plan.inference}};
    return {{0, plan.inference_share, plan.retraining->share, plan.inference},
            {plan.retraining->expected_seconds, plan.inference_share_after, 0, plan.inference_after}};
}

}  // namespace ekya
