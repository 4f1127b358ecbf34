#pragma once
#include <string>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// What the micro-profiler expects of one retraining configuration.
struct RetrainingEstimate {
    RetrainingConfig config;
    double accuracy = 0;         ///< of the retrained model on the coming window's kind of data; in [0, 1]
    double device_seconds = 0;   ///< at a share of 1 of one device; > 0
    std::string name = {};       ///< what its source calls the configuration; empty = config.name()

    [[nodiscard]] std::string id() const { return name.empty() ? config.name() : name; }
};

/// What one inference configuration costs and gives.
struct InferenceEstimate {
    InferenceConfig config;
    double relative_accuracy = 1;   ///< against analysing every frame at full resolution; in [0, 1]
    double share = 0;               ///< share of one device that keeps up in real time; >= 0
};

/// Everything the scheduler knows of one stream at the start of a window.
struct StreamEstimate {
    std::string stream;
    int window = 0;                                ///< the window to be planned
    double accuracy = 0;                           ///< of the deployed model on fresh labels; in [0, 1]
    std::vector<RetrainingEstimate> retraining;    ///< names differ; may be empty: nothing to retrain with
    std::vector<InferenceEstimate> inference;      ///< at least one
    double profiling_seconds = 0;                  ///< device-seconds the estimate itself has cost
};

/// The stream's estimate for a configuration: by name where it has one, else by its fields. @return null if there is none
[[nodiscard]] const RetrainingEstimate* find_retraining(const StreamEstimate& estimate, const RetrainingConfig& config,
                                                        const std::string& name = {});

/// @throws DomainError naming stream and field
void validate(const StreamEstimate& estimate);

}  // namespace ekya
