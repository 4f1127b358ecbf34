#pragma once
#include <functional>
#include <string>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"
#include "ekya/schedule/plan/score.hpp"

namespace ekya {

/// Plans what is left of a window. @throws DomainError as make_plan
using RestPlanner = std::function<Plan(const ScheduleProblem& rest)>;

/// A window that was planned anew whenever something happened.
struct LiveRun {
    /// As it went: all steps; of what was retrained start_seconds and expected_seconds are when it
    /// began and when its model served (infinite: never). mean_accuracy and violations are the
    /// first plan's.
    Plan course;
    std::vector<PlanningInput>
        truth;  ///< to score the course with: a retraining that ended early has brought what it has
    std::vector<std::string> counted_as;  ///< by stream of the course: the configuration that one
                                          ///< of those counts as; empty = its own
};

/// Runs a window by the rules of a live one (WindowRuntime), with every retraining taking what the
/// truth says: when one ends or is late, the rest of the window is planned anew with what is known
/// by then, its share changes, it is paused, or it ends with the epochs it has. These count as the
/// truth's configuration with so many epochs; if it knows none so short, no model comes. What
/// inference costs is taken to be as estimated, what a plan leaves over to bring nothing. All
/// models serve that a training leaves: whether they would be promoted is not known.
/// @param predicted what plans are made with   @param truth the same streams, with all
/// configurations of `predicted`
/// @throws DomainError naming stream or configuration
[[nodiscard]] LiveRun run_as_live(const ScheduleProblem& predicted,
                                  std::vector<PlanningInput> truth, const RestPlanner& planner);

/// Scores of all streams of a course, in the order of problem.streams, which hold the truth of its
/// run.
/// @throws DomainError as score_plan
[[nodiscard]] std::vector<StreamScore> score_course(const ScheduleProblem& problem,
                                                    const Plan& course);

}  // namespace ekya
