#include "ekya/schedule/policy/none.hpp"

#include <algorithm>

#include "ekya/schedule/policy/policies.hpp"
#include "plan/finish_plan.hpp"

namespace ekya {

Plan schedule_none(const ScheduleProblem& problem) {
    validate(problem);
    const double each = problem.gpus / static_cast<double>(problem.streams.size());
    const StreamDecision keeps{nullptr, {{0, std::min(each, problem.max_job_share), 0}}};
    return finish_plan(problem, "none", std::vector(problem.streams.size(), keeps));
}

Policy none_policy() {
    Policy policy{"none", "no retraining, equal shares",
                  [](const auto& problem, const auto&) { return schedule_none(problem); }};
    policy.retrains = policy.replans = false;
    return policy;
}

}  // namespace ekya
