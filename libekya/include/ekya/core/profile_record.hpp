#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/planning_input.hpp"

namespace ekya {

/// What the micro-profiler found out about one retraining configuration.
struct ProfiledRetraining {
    RetrainingConfig config;
    double accuracy = 0;        ///< of the retrained model in the coming window; in [0, 1]
    double device_seconds = 0;  ///< at a share of 1 of one device; > 0
    std::optional<double> accuracy_error =
        {};  ///< standard deviation of `accuracy`; >= 0; none = not known
    std::optional<double> accuracy_now =
        {};  ///< of the retrained model on the newest window, before the changes that the coming
             ///< window is expected to bring; in [0, 1]; none = not known
    bool tried = true;  ///< false: estimated without a trial, from earlier windows
};

/// How far a stream's newest data lie from those its deployed model learned from, as far as it is
/// known.
struct Drift {
    bool drifted = false;  ///< the model is less accurate now, by more than noise
    std::optional<double> accuracy_fall = {};     ///< since it was promoted; negative = a rise
    std::optional<double> fall_probability = {};  ///< that the accuracy really fell; in [0, 1]
    std::optional<double> class_distance =
        {};  ///< total variation of the class distributions; in [0, 1]
    std::optional<double> chance_distance =
        {};  ///< class_distance to be expected by chance, from so few labels of one distribution
    std::optional<double> feature_distance =
        {};  ///< Fréchet distance of the features, squared, in variances; >= 0
    friend bool operator==(const Drift&, const Drift&) = default;
};

/// What the profiler found out about one stream before a window, and remembers in later ones
/// (schema ekya.profile/1).
struct ProfileRecord {
    std::string stream;
    int window = 0;       ///< the window to be planned
    double accuracy = 0;  ///< of the deployed model in the coming window; in [0, 1]
    std::vector<ProfiledRetraining> retraining;  ///< configurations differ; may be empty
    std::vector<InferenceEstimate> inference;    ///< at least one
    double profiling_seconds = 0;  ///< device-seconds that making this profile has cost; >= 0
    Scene scene = {};              ///< of the newest data
    std::vector<CachedModel> cached = {};  ///< oldest first, ids differ; without the deployed one
    std::optional<Drift> drift = {};       ///< none: not looked for
    RetrainingStart start = {};            ///< of all retrainings
    std::string model = {};                ///< id of the deployed model; empty = not known
    std::string device = {};  ///< on which device-seconds count, e.g. "cpu of 4 cores"; empty =
                              ///< not known
    int labels = 0;   ///< that the deployed model was measured on, labels of unequal weight counted
                      ///< as fewer; 0 = not known
    int samples = 0;  ///< fresh labels and exemplars that trials drew from; 0 = not known
    std::optional<double> parent_accuracy =
        {};  ///< of the model that the deployed one was trained from, on the same labels
    double expected_change = 0;  ///< `accuracy` minus the deployed model's accuracy on the labels:
                                 ///< what the coming window is expected to change; in [-1, 1]
    double correction = 0;       ///< part of all accuracies after retraining: by how much earlier
                                 ///< predictions were too low; in [-1, 1]

    /// Of the deployed model, as measured on the labels of the newest window.
    [[nodiscard]] double accuracy_on_labels() const { return accuracy - expected_change; }
};

/// What planners need of a profile.
[[nodiscard]] PlanningInput planning_input(const ProfileRecord& profile);

/// @return null if the configuration was not profiled
[[nodiscard]] const ProfiledRetraining* find_retraining(const ProfileRecord& profile,
                                                        const RetrainingConfig& config);

/// @throws DomainError naming stream and field
void validate(const ProfileRecord& profile);

}  // namespace ekya
