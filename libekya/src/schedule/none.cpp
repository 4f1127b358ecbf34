#include "ekya/schedule/none.hpp"

#include "assemble_plan.hpp"

namespace ekya {

Plan schedule_none(const ScheduleProblem& problem) {
    validate(problem);
    const JobShares shares{problem.gpus / static_cast<double>(problem.streams.size()), 0};
    std::vector<PickedConfigs> picked;
    for (const auto& stream : problem.streams)
        picked.push_back(with_retraining(problem, stream, shares, nullptr));
    return assemble_plan(problem, "none", std::move(picked));
}

}  // namespace ekya
