#include "ekya/schedule/policy/ablations.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/pick_configs.hpp"
#include "plan/finish_plan.hpp"
#include "policy/redistribution.hpp"
#include "policy/replan.hpp"
#include "policy/uniform_choice.hpp"

namespace ekya {
namespace {

JobShares equal_split(const ScheduleProblem& problem, double inference_share) {
    require_in_range("inference_share", inference_share, 0, 1);
    const double part = problem.gpus / static_cast<double>(problem.streams.size());
    return {part * inference_share, part * (1 - inference_share)};
}

const RetrainingOption* picked_retraining(const ScheduleProblem& problem,
                                          const PlanningInput& stream, const JobShares& shares) {
    return pick_configs(problem, stream, shares).retraining;
}

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

Plan schedule_thief_fixed_resources(const ScheduleProblem& problem,
                                    const FixedResourcesOptions& options) {
    validate(problem);
    const JobShares shares = equal_split(problem, options.inference_share);
    std::vector<InitialJobs> jobs;
    for (const auto& stream : problem.streams)
        jobs.push_back({shares, picked_retraining(problem, stream, shares)});
    return finish_plan(problem, "thief-fixed-resources",
                       redistribute_equally(problem, std::move(jobs)));
}

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

}  // namespace ekya
