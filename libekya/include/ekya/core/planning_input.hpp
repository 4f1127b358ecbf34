#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// One way to retrain a stream's model: what it is expected to cost and to give.
struct RetrainingOption {
    RetrainingConfig config;
    double accuracy = 0;        ///< of the retrained model in the coming window; in [0, 1]
    double device_seconds = 0;  ///< at a share of 1 of one device; > 0
    std::string name = {};      ///< what its source calls the configuration; empty = config.name()

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

/// Where a retraining starts and what it remembers. Planners do not read it: they copy it into the
/// retrainings that they plan.
struct RetrainingStart {
    std::string model = {};   ///< id of the model it starts from; empty = the deployed one
    std::string stream = {};  ///< whose model that is; empty = the stream's own
    int exemplars_from = 0;   ///< exemplars of windows before this one are forgotten; >= 0
    friend bool operator==(const RetrainingStart&, const RetrainingStart&) = default;
};

/// All that a planner reads of one stream at the start of a window
/// (schema ekya.planning-input/1).
struct PlanningInput {
    std::string stream;
    int window = 0;       ///< the window to be planned
    double accuracy = 0;  ///< of the deployed model in the coming window; in [0, 1]
    std::vector<RetrainingOption> retraining;  ///< ids differ; may be empty
    std::vector<InferenceEstimate> inference;  ///< at least one
    Scene scene = {};                          ///< of the newest data
    std::vector<CachedModel> cached = {};  ///< oldest first, ids differ; without the deployed one
    RetrainingStart start = {};            ///< of all retrainings
};

/// The stream's option for a configuration: by name if `name` is given, else by its fields.
/// @return null if there is none
[[nodiscard]] const RetrainingOption* find_retraining(const PlanningInput& input,
                                                      const RetrainingConfig& config,
                                                      const std::string& name = {});

/// @return null if the stream has no cached model of this id
[[nodiscard]] const CachedModel* find_cached(const PlanningInput& input, const std::string& id);

/// @throws DomainError naming stream and field
void validate(const PlanningInput& input);

/// Checks of the parts that PlanningInput, ProfileRecord and Truth share.
/// @throws DomainError naming the field
void validate(const InferenceEstimate& inference);
void validate(const Scene& scene);
void validate(const RetrainingStart& start);
void validate(std::span<const CachedModel> models);

}  // namespace ekya
