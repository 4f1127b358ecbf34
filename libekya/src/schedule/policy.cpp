#include "ekya/schedule/policy.hpp"

#include <array>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/none.hpp"

namespace ekya {
namespace {

constexpr std::array<std::pair<Policy, const char*>, 4> policy_names{
    {{Policy::best, "best"}, {Policy::thief, "thief"}, {Policy::uniform, "uniform"}, {Policy::none, "none"}}};

Plan plan_with(Policy policy, const ScheduleProblem& problem, const PolicyOptions& options) {
    switch (policy) {
        case Policy::best: return schedule_best(problem, options.best);
        case Policy::thief: return schedule_thief(problem, options.thief);
        case Policy::uniform: return schedule_uniform(problem, options.uniform);
        case Policy::none: return schedule_none(problem);
    }
    throw DomainError("policy: unknown value");
}

}  // namespace

std::string to_string(Policy policy) {
    for (const auto& [value, name] : policy_names)
        if (value == policy) return name;
    return "none";
}

Policy policy_from(const std::string& name) {
    for (const auto& [value, text] : policy_names)
        if (name == text) return value;
    throw DomainError("policy: \"" + name + "\" is not one of best, thief, uniform, none");
}

Plan make_plan(Policy policy, const ScheduleProblem& problem, const PolicyOptions& options, const Clock& clock) {
    const Seconds start = clock.now();
    Plan plan = plan_with(policy, problem, options);
    plan.decision_seconds = clock.now() - start;
    return plan;
}

}  // namespace ekya
