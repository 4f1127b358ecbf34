#pragma once
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"
#include "ekya/schedule/plan/score.hpp"

namespace ekya {

/// The samples that the published simulator takes of a window: T + 1, one at each end of a second,
/// with T the horizon cut to whole seconds.
/// @throws DomainError if there are too many to go through one by one
[[nodiscard]] int reference_samples(Seconds horizon);

/// Scores one stream as the published simulator does, to the last bit: shares change from the next
/// whole second on; a retraining progresses second by second, and the new model serves from the
/// second after the one in which it is complete. Where the schedule names the retraining's times,
/// the new model serves from the first whole second at or after them.
/// @param problem horizon, a_MIN and max_job_share; its streams are not looked at
/// @param truth accuracies as they are, which need not be those the schedule was made with
/// Source: the simulator published with the paper.
[[nodiscard]] StreamScore score_reference_stream(const ScheduleProblem& problem,
                                                 const PlanningInput& truth,
                                                 const InferenceCurve& curve,
                                                 const StreamSchedule& schedule);

/// score_reference_stream() of all streams of a plan, in the order of problem.streams, which hold
/// the truth.
/// @throws DomainError as score_plan
[[nodiscard]] std::vector<StreamScore> score_reference(const ScheduleProblem& problem,
                                                       const Plan& plan);

/// The same for plans that were made for continuous time: retrainings progress in continuous time,
/// and the accuracy is sampled at the T + 1 ends of seconds.
/// @throws DomainError as score_plan
[[nodiscard]] std::vector<StreamScore> sample_reference(const ScheduleProblem& problem,
                                                        const Plan& plan);

}  // namespace ekya
