#include "ekya/core/planning_input.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr double infinity = std::numeric_limits<double>::max();

void validate(const RetrainingOption& option) {
    ekya::validate(option.config);
    require_in_range("retraining accuracy", option.accuracy, 0, 1);
    require_in_range("device_seconds", option.device_seconds, std::numeric_limits<double>::min(),
                     infinity);
}

void validate_parts(const PlanningInput& input) {
    require_in_range("accuracy", input.accuracy, 0, 1);
    if (input.inference.empty())
        throw DomainError("inference: at least one inference configuration is needed");
    for (const auto& option : input.retraining) validate(option);
    for (const auto& option : input.retraining)
        if (find_retraining(input, option.config, option.name) != &option)
            throw DomainError("retraining: configuration " + option.id() + " is listed twice");
    for (const auto& inference : input.inference) validate(inference);
    with_context("scene", [&] { validate(input.scene); });
    validate(std::span(input.cached));
    validate(input.start);
}

}  // namespace

void validate(const InferenceEstimate& inference) {
    require_in_range("frame_stride", inference.config.frame_stride, 1, infinity);
    require_in_range("relative_accuracy", inference.relative_accuracy, 0, 1);
    require_in_range("inference share", inference.share, 0, infinity);
}

void validate(const Scene& scene) {
    double sum = 0;
    for (const auto& [name, share] : scene.class_shares) {
        require_in_range(("share of class " + name).c_str(), share, 0, 1);
        sum += share;
    }
    // Shares in a record are rounded.
    if (!scene.class_shares.empty()) require_in_range("sum of the class shares", sum, 0.99, 1.01);
    if (scene.hour && !(*scene.hour >= 0 && *scene.hour < 24))
        throw DomainError("hour: " + std::to_string(*scene.hour) + " is not in [0, 24)");
    if (scene.objects_per_frame)
        require_in_range("objects_per_frame", *scene.objects_per_frame, 0, infinity);
}

void validate(const RetrainingStart& start) {
    require_in_range("exemplars_from", start.exemplars_from, 0, infinity);
    if (start.model.empty() && !start.stream.empty())
        throw DomainError("start: names stream " + start.stream + ", but no model of it");
}

void validate(std::span<const CachedModel> models) {
    for (const auto& model : models) {
        if (model.id.empty()) throw DomainError("cached: a model has no id");
        with_context("cached " + model.id, [&] {
            require_in_range("accuracy", model.accuracy, 0, 1);
            validate(model.scene);
            const auto same = [&](const CachedModel& other) { return other.id == model.id; };
            if (std::count_if(models.begin(), models.end(), same) > 1)
                throw DomainError("is listed twice");
        });
    }
}

const RetrainingOption* find_retraining(const PlanningInput& input, const RetrainingConfig& config,
                                        const std::string& name) {
    for (const auto& option : input.retraining)
        if (option.name == name && (!name.empty() || option.config == config)) return &option;
    return nullptr;
}

const CachedModel* find_cached(const PlanningInput& input, const std::string& id) {
    const auto found = std::find_if(input.cached.begin(), input.cached.end(),
                                    [&](const auto& model) { return model.id == id; });
    return found == input.cached.end() ? nullptr : &*found;
}

void validate(const PlanningInput& input) {
    with_context("stream " + input.stream, [&] { validate_parts(input); });
}

}  // namespace ekya
