#pragma once
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

struct Policy;

struct BestOptions {
    double effort = 1;  ///< how long to search, in parts of the default; > 0
};

/// Plans a window with retrainings in sequence: configurations, order, the retrainings' pool and
/// inference's shares are chosen together, and the shares change whenever a retraining ends. What
/// the thief, uniform or none would do is tried as well, so the plan is never worse than theirs on
/// the same estimates: fewer violations of a_MIN come first, then smaller ones, then mean accuracy.
/// Above 64 streams only uniform and none are tried: the thief is quadratic.
///
/// Streams are visited in the order of their names: the plan does not depend on the order of
/// problem.streams.
/// @throws DomainError naming the stream, the field or the option
/// Ours: Ekya plans side by side. In sequence, best gain per device-second first, is Smith's rule
/// (1956) for weighted
///       completion times; prices of device-seconds over time choose the configurations.
[[nodiscard]] Plan schedule_best(const ScheduleProblem& problem, const BestOptions& options = {});

/// Its row in policies().
[[nodiscard]] Policy best_policy();

}  // namespace ekya
