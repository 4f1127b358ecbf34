#pragma once
#include <memory>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"
#include "place/gpu_packing.hpp"

namespace ekya {

/// One stream of a plan to be placed. Private to the module.
struct PlacedStream {
    const StreamPlan* plan = nullptr;
    std::shared_ptr<const InferenceCurve> curve;
    double accuracy = 0;  ///< of the deployed model
    const RetrainingOption* retraining =
        nullptr;            ///< null = none that runs and ends in the plan, or left out
    Seconds end = 0;        ///< when the plan expects the retraining to end
    bool left_out = false;  ///< the plan's retraining is not run
};

/// How the plan runs when placed.
struct PlacedCourse {
    std::vector<std::vector<PlanStep>> steps;  ///< of each stream
    std::vector<std::size_t>
        unfinished;                ///< streams whose retraining does not end within the horizon
    bool as_planned = true;        ///< all shares and times are those of the plan
    double granted = 0, lost = 0;  ///< device-seconds
};

/// Runs a plan from event to event, an event being a planned change of shares or the end of a
/// retraining, and packs the jobs anew at each. Private to the module.
/// @param streams in the order of problem.streams
[[nodiscard]] PlacedCourse run_placed(const ScheduleProblem& problem,
                                      const std::vector<PlacedStream>& streams);

}  // namespace ekya
