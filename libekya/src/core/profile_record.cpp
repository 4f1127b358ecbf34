#include "ekya/core/profile_record.hpp"

#include <limits>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr double infinity = std::numeric_limits<double>::max();

void validate(const Drift& drift) {
    const auto require = [](const char* field, const std::optional<double>& value, double low,
                            double high) {
        if (value) require_in_range(field, *value, low, high);
    };
    require("accuracy_fall", drift.accuracy_fall, -1, 1);
    require("fall_probability", drift.fall_probability, 0, 1);
    require("class_distance", drift.class_distance, 0, 1);
    require("chance_distance", drift.chance_distance, 0, 1);
    require("feature_distance", drift.feature_distance, 0, infinity);
}

void validate_own(const ProfileRecord& profile) {
    require_in_range("profiling_seconds", profile.profiling_seconds, 0, infinity);
    require_in_range("labels", profile.labels, 0, std::numeric_limits<int>::max());
    require_in_range("samples", profile.samples, 0, std::numeric_limits<int>::max());
    if (profile.parent_accuracy)
        require_in_range("parent_accuracy", *profile.parent_accuracy, 0, 1);
    require_in_range("expected_change", profile.expected_change, -1, 1);
    require_in_range("correction", profile.correction, -1, 1);
    for (const auto& entry : profile.retraining) {
        if (entry.accuracy_error)
            require_in_range("accuracy_error", *entry.accuracy_error, 0, infinity);
        if (entry.accuracy_now) require_in_range("accuracy_now", *entry.accuracy_now, 0, 1);
    }
    if (profile.drift) with_context("drift", [&] { validate(*profile.drift); });
}

}  // namespace

PlanningInput planning_input(const ProfileRecord& profile) {
    PlanningInput input{profile.stream,    profile.window, profile.accuracy, {},
                        profile.inference, profile.scene,  profile.cached,   profile.start};
    for (const auto& entry : profile.retraining)
        input.retraining.push_back({entry.config, entry.accuracy, entry.device_seconds});
    return input;
}

const ProfiledRetraining* find_retraining(const ProfileRecord& profile,
                                          const RetrainingConfig& config) {
    for (const auto& entry : profile.retraining)
        if (entry.config == config) return &entry;
    return nullptr;
}

void validate(const ProfileRecord& profile) {
    validate(planning_input(profile));
    with_context("stream " + profile.stream, [&] { validate_own(profile); });
}

}  // namespace ekya
