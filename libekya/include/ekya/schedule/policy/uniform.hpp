#pragma once
#include <optional>

#include "ekya/core/config.hpp"
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

struct Policy;

/// Which retraining configuration all streams use if none is given, among those that end within the
/// horizon somewhere. Both ends of the Pareto front.
enum class UniformChoice {
    most_accurate,  ///< highest estimated accuracy, averaged over the streams
    cheapest        ///< fewest estimated device-seconds, averaged over the streams
};

struct UniformOptions {
    double inference_share = 0.5;  ///< of each stream's equal part; in [0, 1]
    UniformChoice choice = UniformChoice::most_accurate;
    std::optional<RetrainingConfig> config = {};  ///< used instead of choice
};

/// The baseline that Ekya is compared with: every stream gets the same part of the GPUs, split in
/// the same way, and the same retraining configuration, whether it needs it or not. When a
/// retraining ends, its share goes in equal parts to all jobs that are left, inference and
/// retraining of all streams; what exceeds max_job_share lies idle.
///
/// A stream without an estimate for the configuration is not retrained; in the averages of `choice`
/// it counts with its present accuracy and no cost for most_accurate, and is left out for cheapest.
/// Equal averages: cheapest looks at accuracy, most_accurate at device-seconds, then the first in
/// the estimates wins, streams in the order of their names. A retraining that would not end within
/// the horizon, with what it inherits, is left out and its share serves the stream's own inference.
/// @throws DomainError naming the stream, the field or the option; also if `config` is in no
/// stream's estimates Source: Ekya §5 ("Uniform"); equal redistribution: §3.2, Figure 4. Ours: the
/// inference configuration is the most accurate that the share sustains.
[[nodiscard]] Plan schedule_uniform(const ScheduleProblem& problem,
                                    const UniformOptions& options = {});

/// Its row in policies().
[[nodiscard]] Policy uniform_policy();

}  // namespace ekya
