#pragma once
#include <optional>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

/// When a retraining runs, where that does not follow from its share: on other devices than those
/// shared out, e.g. in the cloud, or in a window that is over. From the start of the plan.
struct RetrainingTimes {
    Seconds starts = 0;  ///< elsewhere: when its data leave
    Seconds serves = 0;  ///< when its model is here and serves; infinite = never
};

/// What is done with one stream in a window.
struct StreamSchedule {
    const RetrainingOption* retraining = nullptr;  ///< null = none
    const std::vector<PlanStep>* steps = nullptr;  ///< ascending, the first at 0
    std::optional<RetrainingTimes> times = {};     ///< none: they follow from its share
    const CachedModel* cached = nullptr;  ///< serves from the start; null = the deployed model
};

/// How one stream fares under a schedule.
struct StreamScore {
    double accuracy = 0;         ///< inference accuracy, averaged over the window; in [0, 1]
    double lowest_accuracy = 0;  ///< at its lowest
    Seconds below_until = 0;     ///< when the last part below a_MIN ends; 0 = none is
    double shortfall = 0;  ///< what lacks to a_MIN, averaged over the window; 0 = held all the time
    double model_accuracy = 0;  ///< of the model in service at the end of the window
    std::optional<Seconds> starts,
        ends;  ///< of the retraining; `ends` is empty if it does not end in the window
};

/// Runs one stream through the window: a retraining progresses with its share (at most
/// max_job_share of it), in device-seconds; the new model serves from the moment it is complete; an
/// unfinished retraining changes nothing. Where the times are known the model serves as they say;
/// one that is here after the horizon changes nothing.
/// @param problem horizon, a_MIN and max_job_share; its streams are not looked at
/// @param truth accuracies as they are, which need not be those the schedule was made with
/// Source: Ekya §4.1.
[[nodiscard]] StreamScore score_stream(const ScheduleProblem& problem, const PlanningInput& truth,
                                       const InferenceCurve& curve, const StreamSchedule& schedule);

/// The streams of a plan in the order of problem.streams.
/// @throws DomainError if the plan lacks a stream
[[nodiscard]] std::vector<const StreamPlan*> planned_streams(const ScheduleProblem& problem,
                                                             const Plan& plan);

/// What a plan does with one stream; refers to both.
/// @throws DomainError if the plan has no steps, or names a retraining or a cached model that the
/// stream lacks
[[nodiscard]] StreamSchedule schedule_of(const PlanningInput& truth, const StreamPlan& planned);

/// Scores of all streams of a plan, in the order of problem.streams, which hold the truth.
/// @throws DomainError as planned_streams and schedule_of
[[nodiscard]] std::vector<StreamScore> score_plan(const ScheduleProblem& problem, const Plan& plan);

/// Mean of the streams' accuracies, the same for any order of the streams.
[[nodiscard]] double mean_accuracy(const std::vector<StreamScore>& scores);

/// @throws DomainError saying when and by how much, if the plan's shares exceed the devices at some
/// instant, or a job more than max_job_share, by more than 1e-9 (relative to the devices)
void check_shares(const ScheduleProblem& problem, const Plan& plan);

}  // namespace ekya
