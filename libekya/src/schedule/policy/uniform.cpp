#include "ekya/schedule/policy/uniform.hpp"

#include <utility>
#include <vector>

#include "ekya/core/errors.hpp"
#include "plan/finish_plan.hpp"
#include "policy/redistribution.hpp"
#include "policy/uniform_choice.hpp"

namespace ekya {

Plan schedule_uniform(const ScheduleProblem& problem, const UniformOptions& options) {
    validate(problem);
    require_in_range("inference_share", options.inference_share, 0, 1);
    const double part = problem.gpus / static_cast<double>(problem.streams.size());
    const JobShares shares{part * options.inference_share, part * (1 - options.inference_share)};
    const auto chosen = choose_shared_config(problem, options, shares.retraining);
    std::vector<InitialJobs> jobs;
    for (const auto& stream : problem.streams)
        jobs.push_back(
            {shares, chosen ? find_retraining(stream, chosen->config, chosen->name) : nullptr});
    return finish_plan(problem, "uniform", redistribute_equally(problem, std::move(jobs)));
}

}  // namespace ekya
