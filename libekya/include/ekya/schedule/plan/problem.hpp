#pragma once
#include <memory>
#include <vector>

#include "ekya/core/config.hpp"
#include "ekya/core/planning_input.hpp"
#include "ekya/schedule/plan/inference_curve.hpp"

namespace ekya {

/// What a scheduler has to decide: how to share out the devices for what is left of one retraining
/// window.
struct ScheduleProblem {
    int window = 0;  ///< 0-based
    Seconds horizon =
        0;            ///< time the plan is for, e.g. the window less the labelling; in (0, 1e12]
    double gpus = 0;  ///< devices to share out; >= 0, need not be whole
    double min_accuracy = 0;             ///< a_MIN, for every stream at all times; in [0, 1]
    std::vector<PlanningInput> streams;  ///< at least one, names differ
    double max_job_share = 1;  ///< what one job can use: one device unless it can span several; > 0
    std::shared_ptr<const InferenceCurve> curve =
        {};  ///< of all streams; none: each one's own inference configurations
};

/// @throws DomainError naming the stream and the field
void validate(const ScheduleProblem& problem);

/// The inference curve of every stream, in their order.
[[nodiscard]] std::vector<std::shared_ptr<const InferenceCurve>> inference_curves(
    const ScheduleProblem& problem);

}  // namespace ekya
