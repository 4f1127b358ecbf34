#pragma once
#include <vector>

#include "ekya/schedule/plan/problem.hpp"
#include "ekya/schedule/policy/pick_configs.hpp"
#include "plan/finish_plan.hpp"

namespace ekya {

/// What the jobs of one stream are given at the start.
struct InitialJobs {
    JobShares shares;  ///< what exceeds max_job_share lies idle, but is held and handed on
    const RetrainingOption* retraining =
        nullptr;  ///< one of the stream's; null: its share serves the stream's inference
};

/// Lets the jobs run; whenever a retraining ends, its share goes in equal parts to all jobs that
/// are left: the inference of every stream and the retrainings still running. Nothing is ever taken
/// back. Private to the module.
///
/// A retraining that would not end within the horizon, with what it inherits, is left out from the
/// start, and its share serves the stream's own inference.
/// @param jobs in the order of problem.streams
/// @return decisions in the order of problem.streams, which all end
/// Source: Ekya §3.2 (the uniform schedule of Figure 4), §5.
/// Ours:   as published a retraining that cannot end keeps its share to the end of the window.
[[nodiscard]] std::vector<StreamDecision> redistribute_equally(const ScheduleProblem& problem,
                                                               std::vector<InitialJobs> jobs);

}  // namespace ekya
