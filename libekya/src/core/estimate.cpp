#include "ekya/core/estimate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr double infinity = std::numeric_limits<double>::max();

void validate_scene(const Scene& scene) {
    double sum = 0;
    for (const auto& [name, share] : scene.class_shares) {
        require_in_range(("share of class " + name).c_str(), share, 0, 1);
        sum += share;
    }
    // Shares from a record are rounded.
    if (!scene.class_shares.empty()) require_in_range("sum of the class shares", sum, 0.99, 1.01);
    if (scene.hour && !(*scene.hour >= 0 && *scene.hour < 24))
        throw DomainError("hour: " + std::to_string(*scene.hour) + " is not in [0, 24)");
    if (scene.objects_per_frame)
        require_in_range("objects_per_frame", *scene.objects_per_frame, 0, infinity);
}

void validate_cached(const StreamEstimate& estimate, const CachedModel& model) {
    if (model.id.empty()) throw DomainError("cached: a model has no id");
    with_context("cached " + model.id, [&] {
        require_in_range("accuracy", model.accuracy, 0, 1);
        validate_scene(model.scene);
        if (find_cached(estimate, model.id) != &model) throw DomainError("is listed twice");
    });
}

void validate_drift(const Drift& drift) {
    if (drift.accuracy_fall) require_in_range("accuracy_fall", *drift.accuracy_fall, -1, 1);
    if (drift.fall_probability) require_in_range("fall_probability", *drift.fall_probability, 0, 1);
    if (drift.class_distance) require_in_range("class_distance", *drift.class_distance, 0, 1);
    if (drift.chance_distance) require_in_range("chance_distance", *drift.chance_distance, 0, 1);
    if (drift.feature_distance)
        require_in_range("feature_distance", *drift.feature_distance, 0, infinity);
}

void validate_repeated(const RetrainingEstimate& entry) {
    double sum = 0;
    for (const double accuracy : entry.accuracies) {
        require_in_range("retraining accuracies", accuracy, 0, 1);
        sum += accuracy;
    }
    if (!entry.accuracies.empty() &&
        std::abs(sum / static_cast<double>(entry.accuracies.size()) - entry.accuracy) > 1e-6)
        throw DomainError("retraining accuracies: their mean is " +
                          std::to_string(sum / static_cast<double>(entry.accuracies.size())) +
                          ", accuracy is " + std::to_string(entry.accuracy));
}

void validate_parts(const StreamEstimate& estimate) {
    require_in_range("accuracy", estimate.accuracy, 0, 1);
    require_in_range("profiling_seconds", estimate.profiling_seconds, 0, infinity);
    require_in_range("labels", estimate.labels, 0, std::numeric_limits<int>::max());
    require_in_range("samples", estimate.samples, 0, std::numeric_limits<int>::max());
    if (estimate.parent_accuracy)
        require_in_range("parent_accuracy", *estimate.parent_accuracy, 0, 1);
    require_in_range("expected_change", estimate.expected_change, -1, 1);
    require_in_range("correction", estimate.correction, -1, 1);
    if (estimate.inference.empty())
        throw DomainError("inference: at least one inference configuration is needed");
    for (const auto& entry : estimate.retraining) {
        validate(entry.config);
        require_in_range("retraining accuracy", entry.accuracy, 0, 1);
        require_in_range("device_seconds", entry.device_seconds, std::numeric_limits<double>::min(),
                         infinity);
        if (entry.accuracy_error)
            require_in_range("accuracy_error", *entry.accuracy_error, 0, infinity);
        if (entry.accuracy_now) require_in_range("accuracy_now", *entry.accuracy_now, 0, 1);
        validate_repeated(entry);
    }
    for (const auto& entry : estimate.retraining)
        if (find_retraining(estimate, entry.config, entry.name) != &entry)
            throw DomainError("retraining: configuration " + entry.id() + " is listed twice");
    for (const auto& entry : estimate.inference) {
        require_in_range("frame_stride", entry.config.frame_stride, 1, infinity);
        require_in_range("relative_accuracy", entry.relative_accuracy, 0, 1);
        require_in_range("inference share", entry.share, 0, infinity);
    }
    with_context("scene", [&] { validate_scene(estimate.scene); });
    for (const auto& model : estimate.cached) validate_cached(estimate, model);
    if (estimate.drift) with_context("drift", [&] { validate_drift(*estimate.drift); });
    require_in_range("exemplars_from", estimate.exemplars_from, 0, infinity);
    if (estimate.start_model.empty() && !estimate.start_stream.empty())
        throw DomainError("start_stream: names a stream, but there is no start_model");
}

}  // namespace

const RetrainingEstimate* find_retraining(const StreamEstimate& estimate,
                                          const RetrainingConfig& config, const std::string& name) {
    for (const auto& entry : estimate.retraining)
        if (entry.name == name && (!name.empty() || entry.config == config)) return &entry;
    return nullptr;
}

const CachedModel* find_cached(const StreamEstimate& estimate, const std::string& id) {
    const auto found = std::find_if(estimate.cached.begin(), estimate.cached.end(),
                                    [&](const auto& model) { return model.id == id; });
    return found == estimate.cached.end() ? nullptr : &*found;
}

void validate(const StreamEstimate& estimate) {
    with_context("stream " + estimate.stream, [&] { validate_parts(estimate); });
}

}  // namespace ekya
