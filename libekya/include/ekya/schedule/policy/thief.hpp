#pragma once
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

struct Policy;

/// The defaults are the paper's. A finer unit with some patience, e.g. {.unit = 0.01, .patience =
/// 10}, finds better plans in more time.
struct ThiefOptions {
    double quantum = 0.1;  ///< Δ, the share stolen at a time; halved down to the unit; >= unit
    double unit =
        0.1;  ///< δ, all shares are whole multiples of it; in [0.001, max_job_share], at most gpus
    int patience = 1;  ///< steps in a row without gain that end a pair; >= 1
    int sweeps = 1;    ///< how often all pairs are tried with each step, while it gains; >= 1
};

/// Plans a window with the thief scheduler: starts from a fair allocation, then lets every job in
/// turn steal a quantum at a time from every other, as long as that raises the mean accuracy. Steps
/// without gain are undone. Fewer violations of a_MIN, then less violated ones, come before mean
/// accuracy.
///
/// Shares are whole numbers of units, so they never add up to more than the GPUs; what is left of
/// the GPUs below one unit stays idle. The fair start gives every job the same number of units and
/// the remaining ones singly to the inference jobs first, then to the retraining jobs. What exceeds
/// max_job_share lies idle and can be stolen freely. Jobs are visited in the order of stream names,
/// inference before retraining: the plan does not depend on the order of problem.streams, and equal
/// problems give equal plans.
/// @throws DomainError naming the stream, the field or the option
/// Source: Ekya §4.2, Algorithm 1.
/// Ours:   idle shares are a victim, a_MIN is part of the objective; patience, sweeps and ever
/// smaller steps, because
///         jobs that gain only from several quanta, or from less than one, are dead ends of the
///         paper's search.
[[nodiscard]] Plan schedule_thief(const ScheduleProblem& problem, const ThiefOptions& options = {});

/// The full policy: schedule_thief() at the start and again whenever a retraining ends, on what is
/// then left of the window; a running retraining keeps its configuration and its progress, and one
/// that has ended is not followed by another. The plan has all of these changes in its steps.
/// @throws DomainError naming the stream, the field or the option
/// Source: Ekya §4.2: the thief scheduler runs at the start of each window and whenever a
/// retraining ends. Ours:   a running retraining that a later run gives no share is paused; the
/// paper does not say.
[[nodiscard]] Plan schedule_thief_with_reruns(const ScheduleProblem& problem,
                                              const ThiefOptions& options = {});

/// Its row in policies().
[[nodiscard]] Policy thief_policy();

}  // namespace ekya
