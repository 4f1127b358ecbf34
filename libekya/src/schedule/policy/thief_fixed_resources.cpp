#include "ekya/schedule/policy/thief_fixed_resources.hpp"

#include <utility>
#include <vector>

#include "ekya/schedule/policy/policies.hpp"
#include "plan/finish_plan.hpp"
#include "policy/redistribution.hpp"
#include "policy/uniform_choice.hpp"

namespace ekya {

Plan schedule_thief_fixed_resources(const ScheduleProblem& problem,
                                    const FixedResourcesOptions& options) {
    validate(problem);
    const JobShares shares = equal_split(problem, options.inference_share);
    std::vector<InitialJobs> jobs;
    for (const auto& stream : problem.streams)
        jobs.push_back({shares, pick_configs(problem, stream, shares).retraining});
    return finish_plan(problem, "thief-fixed-resources",
                       redistribute_equally(problem, std::move(jobs)));
}

Policy thief_fixed_resources_policy() {
    Policy policy{"thief-fixed-resources",
                  "the paper's ablation: equal shares, configurations as the thief picks them",
                  [](const auto& problem, const auto& options) {
                      return schedule_thief_fixed_resources(problem,
                                                            {options.uniform.inference_share});
                  },
                  {},
                  [](PolicyOptions& options, const std::string& word) {
                      return take_inference_share(options.uniform, word);
                  }};
    policy.replans = false;
    return policy;
}

}  // namespace ekya
