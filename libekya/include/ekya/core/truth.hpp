#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/planning_input.hpp"

namespace ekya {

/// What trainings with one configuration gave and cost.
struct MeasuredRetraining {
    RetrainingConfig config;
    double accuracy = 0;  ///< of the retrained model on the window; mean of `accuracies`; in [0, 1]
    double device_seconds = 0;            ///< at a share of 1 of one device, mean; > 0
    std::vector<double> accuracies = {};  ///< of repeated trainings; empty = one training
    double accuracy_error =
        0;  ///< standard deviation of `accuracy`, by the number of objects; >= 0
    std::optional<double> accuracy_now =
        {};  ///< of the retrained model on the window before; in [0, 1]; none = not measured
};

/// What trainings with every configuration really gave, measured on the window they ran in
/// (schema ekya.truth/1). Planning must not see it; simulation scores plans with it.
struct Truth {
    std::string stream;
    int window = 0;
    std::string model;    ///< id of the deployed model
    double accuracy = 0;  ///< of the deployed model on the window; in [0, 1]
    std::optional<double> accuracy_now =
        {};          ///< of the deployed model on the window before; in [0, 1]; none = not measured
    int labels = 0;  ///< objects of the window that were measured on, those of unequal weight
                     ///< counted as fewer
    std::vector<MeasuredRetraining> retraining;  ///< configurations differ; may be empty
    std::vector<InferenceEstimate> inference;    ///< at least one
    std::vector<CachedModel> cached = {};        ///< earlier models, measured on the window
    RetrainingStart start = {};                  ///< of all retrainings
    std::string device = {};  ///< on which device-seconds count, e.g. "cpu of 4 cores"; empty =
                              ///< not known
    double profiling_seconds = 0;  ///< device-seconds that measuring has cost; >= 0
};

/// The truth as a planner would have to know it: what simulated plans are scored with.
[[nodiscard]] PlanningInput planning_input(const Truth& truth);

/// @throws DomainError naming stream and field
void validate(const Truth& truth);

}  // namespace ekya
