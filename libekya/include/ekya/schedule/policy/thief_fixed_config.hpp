#pragma once
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"
#include "ekya/schedule/policy/thief.hpp"
#include "ekya/schedule/policy/uniform.hpp"

namespace ekya {

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
/// no stream's estimates
/// Source: Ekya §6, Figure 10a ("FixedConfig").
[[nodiscard]] Plan schedule_thief_fixed_config(const ScheduleProblem& problem,
                                               const FixedConfigOptions& options = {});

/// Its row in policies().
[[nodiscard]] Policy thief_fixed_config_policy();

}  // namespace ekya
