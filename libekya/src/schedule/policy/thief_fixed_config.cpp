#include "ekya/schedule/policy/thief_fixed_config.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "ekya/schedule/policy/policies.hpp"
#include "policy/replan.hpp"
#include "policy/uniform_choice.hpp"

namespace ekya {
namespace {

/// The problem in which all streams know the chosen configuration only.
ScheduleProblem with_one_config(const ScheduleProblem& problem,
                                const std::optional<SharedConfig>& chosen) {
    ScheduleProblem narrowed = problem;
    for (auto& stream : narrowed.streams) {
        const auto* entry =
            chosen ? find_retraining(stream, chosen->config, chosen->name) : nullptr;
        stream.retraining =
            entry ? std::vector<RetrainingOption>{*entry} : std::vector<RetrainingOption>{};
    }
    return narrowed;
}

}  // namespace

Plan schedule_thief_fixed_config(const ScheduleProblem& problem,
                                 const FixedConfigOptions& options) {
    validate(problem);
    const JobShares shares = equal_split(problem, options.uniform.inference_share);
    auto chosen = choose_shared_config(problem, options.uniform, shares.retraining);
    if (!chosen)
        chosen = choose_shared_config(problem, options.uniform,
                                      std::min(problem.max_job_share, problem.gpus));
    const ScheduleProblem narrowed = with_one_config(problem, chosen);
    return plan_with_reruns(narrowed, "thief-fixed-config",
                            [&](const auto& rest) { return schedule_thief(rest, options.thief); });
}

Policy thief_fixed_config_policy() {
    return {"thief-fixed-config",
            "the paper's ablation: the thief's shares, one configuration for all streams",
            [](const auto& problem, const auto& options) {
                return schedule_thief_fixed_config(problem, {options.thief, options.uniform});
            },
            {},
            [](PolicyOptions& options, const std::string& word) {
                return take_choice(options.uniform, word);
            }};
}

}  // namespace ekya
