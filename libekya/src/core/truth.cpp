#include "ekya/core/truth.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr double infinity = std::numeric_limits<double>::max();

void validate_repeated(const MeasuredRetraining& entry) {
    if (entry.accuracies.empty()) return;
    for (const double accuracy : entry.accuracies)
        require_in_range("retraining accuracies", accuracy, 0, 1);
    const double mean = std::accumulate(entry.accuracies.begin(), entry.accuracies.end(), 0.0) /
                        static_cast<double>(entry.accuracies.size());
    if (std::abs(mean - entry.accuracy) > 1e-6)
        throw DomainError("retraining accuracies: their mean is " + std::to_string(mean) +
                          ", accuracy is " + std::to_string(entry.accuracy));
}

void validate_own(const Truth& truth) {
    require_in_range("profiling_seconds", truth.profiling_seconds, 0, infinity);
    require_in_range("labels", truth.labels, 0, std::numeric_limits<int>::max());
    if (truth.accuracy_now) require_in_range("accuracy_now", *truth.accuracy_now, 0, 1);
    for (const auto& entry : truth.retraining) {
        validate_repeated(entry);
        require_in_range("accuracy_error", entry.accuracy_error, 0, infinity);
        if (entry.accuracy_now) require_in_range("accuracy_now", *entry.accuracy_now, 0, 1);
    }
}

}  // namespace

PlanningInput planning_input(const Truth& truth) {
    PlanningInput input{truth.stream,    truth.window, truth.accuracy, {},
                        truth.inference, {},           truth.cached,   truth.start};
    for (const auto& entry : truth.retraining)
        input.retraining.push_back({entry.config, entry.accuracy, entry.device_seconds});
    return input;
}

void validate(const Truth& truth) {
    validate(planning_input(truth));
    with_context("stream " + truth.stream, [&] { validate_own(truth); });
}

}  // namespace ekya
