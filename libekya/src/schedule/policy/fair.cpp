#include "ekya/schedule/policy/fair.hpp"

#include <utility>
#include <vector>

#include "ekya/schedule/policy/policies.hpp"
#include "plan/finish_plan.hpp"
#include "policy/redistribution.hpp"
#include "policy/retraining_choice.hpp"

namespace ekya {
namespace {

double part_of_job(const ScheduleProblem& problem) {
    double jobs = 0;
    for (const auto& stream : problem.streams) jobs += stream.retraining.empty() ? 1 : 2;
    return problem.gpus / jobs;
}

const RetrainingOption* most_accurate(const ScheduleProblem& problem, const PlanningInput& stream,
                                      double share) {
    const RetrainingOption* best = nullptr;
    for (const auto& entry : stream.retraining) {
        if (!ends_within_horizon(problem, entry, share)) continue;
        const bool better =
            !best || entry.accuracy > best->accuracy ||
            (entry.accuracy == best->accuracy && entry.device_seconds < best->device_seconds);
        if (better) best = &entry;
    }
    return best;
}

}  // namespace

Plan schedule_fair(const ScheduleProblem& problem) {
    validate(problem);
    const double part = part_of_job(problem);
    std::vector<InitialJobs> jobs;
    for (const auto& stream : problem.streams)
        jobs.push_back(
            {{part, stream.retraining.empty() ? 0 : part}, most_accurate(problem, stream, part)});
    return finish_plan(problem, "fair", redistribute_equally(problem, std::move(jobs)));
}

Policy fair_policy() {
    Policy policy{"fair", "equal shares for all jobs, every stream's most accurate configuration",
                  [](const auto& problem, const auto&) { return schedule_fair(problem); }};
    policy.replans = false;
    return policy;
}

}  // namespace ekya
