#include "ekya/schedule/policy/uniform.hpp"

#include <utility>
#include <vector>

#include "ekya/schedule/policy/policies.hpp"
#include "plan/finish_plan.hpp"
#include "policy/redistribution.hpp"
#include "policy/uniform_choice.hpp"

namespace ekya {

Plan schedule_uniform(const ScheduleProblem& problem, const UniformOptions& options) {
    validate(problem);
    const JobShares shares = equal_split(problem, options.inference_share);
    const auto chosen = choose_shared_config(problem, options, shares.retraining);
    std::vector<InitialJobs> jobs;
    for (const auto& stream : problem.streams)
        jobs.push_back(
            {shares, chosen ? find_retraining(stream, chosen->config, chosen->name) : nullptr});
    return finish_plan(problem, "uniform", redistribute_equally(problem, std::move(jobs)));
}

Policy uniform_policy() {
    Policy policy{"uniform",
                  "the paper's baseline: equal shares, one configuration for all streams",
                  [](const auto& problem, const auto& options) {
                      return schedule_uniform(problem, options.uniform);
                  }};
    policy.options = {
        {"--uniform-inference-share",
         "inference's part of each stream's share (uniform, thief-fixed-resources)", "0.5", 0, 1,
         [](PolicyOptions& options, double share) { options.uniform.inference_share = share; }},
        {.flag = "--uniform-choice",
         .help = "the configuration for all streams (uniform, thief-fixed-config)",
         .standard = "most-accurate",
         .words = {"most-accurate", "cheapest"},
         .set_word = [](PolicyOptions& options,
                        const std::string& word) { (void)take_choice(options.uniform, word); }},
    };
    policy.take_word = [](PolicyOptions& options, const std::string& word) {
        return take_choice(options.uniform, word) || take_inference_share(options.uniform, word);
    };
    policy.replans = false;
    return policy;
}

}  // namespace ekya
