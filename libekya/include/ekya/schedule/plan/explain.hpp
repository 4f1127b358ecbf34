#pragma once
#include <functional>
#include <string>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

/// Why one stream gets what it gets.
struct StreamExplanation {
    std::string stream;
    std::string retraining;        ///< configuration chosen; empty = none
    int order = 0;                 ///< of the retraining among all, by its start, from 1; 0 = none
    Seconds starts = 0, ends = 0;  ///< of the retraining
    double share = 0;              ///< of the retraining when it starts
    double inference_share = 0, inference_share_after = 0;
    double expected_accuracy = 0;  ///< mean over the window
    double gain_per_device_second =
        0;  ///< estimated gain of the retraining (of the best one if none is chosen) by its cost
    std::string runner_up;  ///< what would be chosen without the chosen configuration; empty = no
                            ///< retraining
    double runner_up_cost = 0;   ///< mean accuracy over all streams that the runner-up would cost
    bool has_runner_up = false;  ///< false where no retraining is chosen, or there are too many
                                 ///< streams to plan anew for each
    double more_inference =
        0;  ///< gain of this stream's accuracy by one more quantum for its inference all the time
    double more_retraining =
        0;  ///< the same by one more quantum for its retraining while that runs
};

struct Explanation {
    std::string policy;
    double mean_accuracy = 0;
    double quantum = 0;       ///< share of one device
    double more_devices = 0;  ///< gain of the mean accuracy by one more quantum to share out
    std::vector<StreamExplanation> streams;  ///< in the order of the plan
};

/// Explains a plan by planning anew without each chosen configuration, and with one more quantum of
/// devices.
/// @param plan made by the planner, and perhaps placed since; costs and gains are of plans that are
/// not placed
/// @param planner what made the plan
/// @param quantum > 0
/// @throws DomainError as the planner and score_plan() do
[[nodiscard]] Explanation explain(const ScheduleProblem& problem, const Plan& plan,
                                  const std::function<Plan(const ScheduleProblem&)>& planner,
                                  double quantum);

/// For people: a table and what it means, line by line. Accuracies in points.
[[nodiscard]] std::vector<std::string> describe(const Explanation& explanation);

}  // namespace ekya
