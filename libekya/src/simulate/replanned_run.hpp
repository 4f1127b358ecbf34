#pragma once
#include <functional>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/problem.hpp"

namespace ekya {

/// Plans what is left of a window. @throws DomainError as make_plan
using RestPlanner = std::function<Plan(const ScheduleProblem& rest)>;

/// A window that was planned anew whenever something happened.
struct ReplannedRun {
    Plan course;              ///< as it went: all steps and what was retrained; mean_accuracy is what the first plan promised
    ScheduleProblem truth;    ///< to score the course with: a retraining that ended early has cost and brought what it has
};

/// Runs a window by the rules of a live one (WindowRuntime), with every retraining taking what the truth says: when one ends or is
/// late, the rest of the window is planned anew with what is known by then, its share changes, it is paused, or it ends with
/// the epochs it has. These count as the truth's configuration with so many epochs, or as none if it knows none so short.
/// What inference costs is taken to be as estimated.
/// @param predicted what plans are made with   @param truth the same streams, with all configurations of `predicted`
/// @throws DomainError naming stream or configuration
[[nodiscard]] ReplannedRun run_replanned(const ScheduleProblem& predicted, ScheduleProblem truth, const RestPlanner& planner);

}  // namespace ekya
