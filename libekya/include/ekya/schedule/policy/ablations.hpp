#pragma once
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"
#include "ekya/schedule/policy/thief.hpp"
#include "ekya/schedule/policy/uniform.hpp"

namespace ekya {

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

struct FixedConfigOptions {
    ThiefOptions thief = {};
    UniformOptions uniform =
        {};  ///< says which configuration, as schedule_uniform() would choose it
};

/// The thief without its choice of configurations: stealing, also anew when a retraining ends, but
/// with one retraining configuration for all streams, which each may use or not. It is the one that
/// schedule_uniform() takes with the same options, so that the two differ by their shares alone; if
/// none ends within the horizon on uniform's shares, the one that options.choice prefers among
/// those that end with the largest share a job can have.
/// @throws DomainError naming the stream, the field or the option; also if `uniform.config` is in
/// no stream's estimates Source: Ekya §6, Figure 10a ("FixedConfig").
[[nodiscard]] Plan schedule_thief_fixed_config(const ScheduleProblem& problem,
                                               const FixedConfigOptions& options = {});

}  // namespace ekya
