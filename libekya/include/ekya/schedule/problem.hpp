#pragma once
#include <vector>

#include "ekya/core/config.hpp"
#include "ekya/core/estimate.hpp"

namespace ekya {

/// What a scheduler has to decide: how to share out the devices for what is left of one retraining window.
struct ScheduleProblem {
    int window = 0;                        ///< 0-based
    Seconds horizon = 0;                   ///< time the plan is for, e.g. the window less the labelling; > 0
    double gpus = 0;                       ///< devices to share out; >= 0, need not be whole
    double min_accuracy = 0;               ///< a_MIN, for every stream at all times; in [0, 1]
    std::vector<StreamEstimate> streams;   ///< at least one, names differ
    double max_job_share = 1;              ///< what one job can use: one device unless it can span several; > 0
};

/// @throws DomainError naming the stream and the field
void validate(const ScheduleProblem& problem);

}  // namespace ekya
