#include "ekya/core/plan.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace ekya {

const PlanStep& step_at(const std::vector<PlanStep>& steps, Seconds time) {
    const auto after =
        std::upper_bound(steps.begin(), steps.end(), time * (1 + plan_tolerance),
                         [](Seconds t, const PlanStep& step) { return t < step.start; });
    return after == steps.begin() ? steps.front() : *std::prev(after);
}

double retraining_device_seconds(const std::vector<PlanStep>& steps, Seconds until) {
    double sum = 0;
    for (std::size_t i = 0; i < steps.size() && steps[i].start < until; ++i) {
        const Seconds end = i + 1 < steps.size() ? std::min(steps[i + 1].start, until) : until;
        sum += steps[i].retraining_share * (end - steps[i].start);
    }
    return sum;
}

const PlanStep& step_after_retraining(const StreamPlan& plan) {
    return plan.retraining ? step_at(plan.steps, plan.retraining->expected_seconds)
                           : plan.steps.back();
}

void carry_starts(Plan& plan, std::span<const PlanningInput> inputs) {
    std::map<std::string_view, const PlanningInput*> input_of;
    for (const auto& input : inputs) input_of.emplace(input.stream, &input);
    for (auto& stream : plan.streams) {
        if (!stream.retraining) continue;
        const auto found = input_of.find(stream.stream);
        if (found == input_of.end()) continue;
        stream.retraining->start = found->second->start;
    }
}

}  // namespace ekya
