#include "ekya/core/estimate.hpp"

#include <limits>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr double infinity = std::numeric_limits<double>::max();

void validate_parts(const StreamEstimate& estimate) {
    require_in_range("accuracy", estimate.accuracy, 0, 1);
    require_in_range("profiling_seconds", estimate.profiling_seconds, 0, infinity);
    if (estimate.inference.empty()) throw DomainError("inference: at least one inference configuration is needed");
    for (const auto& entry : estimate.retraining) {
        validate(entry.config);
        require_in_range("retraining accuracy", entry.accuracy, 0, 1);
        require_in_range("device_seconds", entry.device_seconds, std::numeric_limits<double>::min(), infinity);
    }
    for (const auto& entry : estimate.retraining)
        if (find_retraining(estimate, entry.config, entry.name) != &entry)
            throw DomainError("retraining: configuration " + entry.id() + " is listed twice");
    for (const auto& entry : estimate.inference) {
        require_in_range("frame_stride", entry.config.frame_stride, 1, infinity);
        require_in_range("relative_accuracy", entry.relative_accuracy, 0, 1);
        require_in_range("inference share", entry.share, 0, infinity);
    }
}

}  // namespace

const RetrainingEstimate* find_retraining(const StreamEstimate& estimate, const RetrainingConfig& config,
                                          const std::string& name) {
    for (const auto& entry : estimate.retraining)
        if (entry.name == name && (!name.empty() || entry.config == config)) return &entry;
    return nullptr;
}

void validate(const StreamEstimate& estimate) {
    with_context("stream " + estimate.stream, [&] { validate_parts(estimate); });
}

}  // namespace ekya
