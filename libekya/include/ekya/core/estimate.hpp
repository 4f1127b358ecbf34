#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// What the micro-profiler expects of one retraining configuration.
struct RetrainingEstimate {
    RetrainingConfig config;
    double accuracy = 0;  ///< of the retrained model on the coming window's kind of data; in [0, 1]
    double device_seconds = 0;  ///< at a share of 1 of one device; > 0
    std::string name = {};      ///< what its source calls the configuration; empty = config.name()
    std::optional<double> accuracy_error =
        {};  ///< standard deviation of `accuracy`; >= 0; none = not known
    std::optional<double> accuracy_now =
        {};  ///< as `accuracy`, on the newest window's kind of data: before what the coming one
             ///< changes; in [0, 1]
    std::vector<double> accuracies = {};  ///< measured ones only: of repeated trainings, whose mean
                                          ///< `accuracy` is; empty = one training
    bool tried = true;  ///< false: an estimate without a trial, from what earlier windows showed

    [[nodiscard]] std::string id() const { return name.empty() ? config.name() : name; }
};

/// What one inference configuration costs and gives.
struct InferenceEstimate {
    InferenceConfig config;
    double relative_accuracy = 1;  ///< against analysing every frame at full resolution; in [0, 1]
    double share = 0;              ///< share of one device that keeps up in real time; >= 0
};

/// What a stream shows, as far as it is known.
struct Scene {
    std::map<std::string, double> class_shares =
        {};  ///< part of the objects of each class; adds up to 1; empty = unknown
    std::optional<double> hour = {};               ///< of the day, in [0, 24)
    std::optional<double> objects_per_frame = {};  ///< mean; >= 0
    std::string place = {};  ///< where the camera is or looks; empty = unknown
    friend bool operator==(const Scene&, const Scene&) = default;
};

/// An earlier model of a stream that could serve again.
struct CachedModel {
    std::string id;
    double accuracy = 0;  ///< if it served in the coming window; in [0, 1]
    Scene scene = {};     ///< that it was trained for
};

/// How far a stream's newest data lie from those its serving model learned from, as far as it is
/// known.
struct Drift {
    bool drifted = false;  ///< the model is less accurate now, by more than noise
    std::optional<double> accuracy_fall = {};     ///< since it was promoted; negative = a rise
    std::optional<double> fall_probability = {};  ///< that the accuracy really fell; in [0, 1]
    std::optional<double> class_distance =
        {};  ///< total variation of the class distributions; in [0, 1]
    std::optional<double> chance_distance =
        {};  ///< of it, what so few labels of one distribution show by chance
    std::optional<double> feature_distance =
        {};  ///< Fréchet distance of the features, squared, in variances; >= 0
    friend bool operator==(const Drift&, const Drift&) = default;
};

/// Everything the scheduler knows of one stream at the start of a window.
struct StreamEstimate {
    std::string stream;
    int window = 0;       ///< the window to be planned
    double accuracy = 0;  ///< of the deployed model in the coming window; in [0, 1]
    std::vector<RetrainingEstimate>
        retraining;  ///< names differ; may be empty: nothing to retrain with
    std::vector<InferenceEstimate> inference;  ///< at least one
    double profiling_seconds = 0;              ///< device-seconds the estimate itself has cost
    Scene scene = {};                          ///< of the newest data
    std::vector<CachedModel> cached = {};  ///< oldest first, ids differ; without the deployed one
    std::optional<Drift> drift = {};       ///< none: not looked for
    std::string start_model = {};   ///< a retraining starts from it; empty = the deployed one
    std::string start_stream = {};  ///< whose model that is; empty = the stream's own
    int exemplars_from = 0;         ///< a retraining forgets windows before this one; >= 0
    std::string model = {};         ///< id of the deployed model; empty = not known
    std::string device =
        {};          ///< that device-seconds are of, e.g. "cpu of 4 cores"; empty = not known
    int labels = 0;  ///< that `accuracy` was measured on, those of unequal weight counted as fewer;
                     ///< 0 = not known
    int samples = 0;  ///< fresh labels and exemplars that trials drew from; 0 = not known
    std::optional<double> parent_accuracy =
        {};  ///< of the model that the deployed one was trained from, on the same labels
    double expected_change =
        0;  ///< part of `accuracy`: what the coming window is expected to change (the end of the
            ///< last one counts most), or changed if measured
    double correction = 0;  ///< part of all accuracies after retraining in the coming window: what
                            ///< earlier ones missed by
    bool measured = false;  ///< not an estimate: all was trained and measured on the window itself

    [[nodiscard]] double accuracy_on_labels() const { return accuracy - expected_change; }
};

/// The stream's estimate for a configuration: by name where it has one, else by its fields. @return
/// null if there is none
[[nodiscard]] const RetrainingEstimate* find_retraining(const StreamEstimate& estimate,
                                                        const RetrainingConfig& config,
                                                        const std::string& name = {});

/// @return null if the stream has no cached model of this id
[[nodiscard]] const CachedModel* find_cached(const StreamEstimate& estimate, const std::string& id);

/// @throws DomainError naming stream and field
void validate(const StreamEstimate& estimate);

}  // namespace ekya
