#pragma once
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

struct Policy;

struct FixedResourcesOptions {
    double inference_share = 0.5;  ///< of each stream's equal part; in [0, 1]
};

/// The thief without its stealing: every stream gets the same part of the GPUs, split in the same
/// way, and of the thief only the choice of configurations per stream (pick_configs). When a
/// retraining ends, its share goes in equal parts to all jobs that are left; what exceeds
/// max_job_share lies idle.
/// @throws DomainError naming the stream, the field or the option
/// Source: Ekya §6, Figure 10a ("FixedRes").
/// Ours:   the choice expects a stream's inference to get its own retraining's share, as the thief
/// does.
[[nodiscard]] Plan schedule_thief_fixed_resources(const ScheduleProblem& problem,
                                                  const FixedResourcesOptions& options = {});

/// Its row in policies().
[[nodiscard]] Policy thief_fixed_resources_policy();

}  // namespace ekya
