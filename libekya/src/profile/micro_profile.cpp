#include "ekya/profile/micro_profile.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <tuple>

#include "ekya/core/errors.hpp"
#include "ekya/profile/learning_curve.hpp"

namespace ekya {
namespace {

constexpr double largest = std::numeric_limits<double>::max();

/// A trial and the configurations it serves.
struct Group {
    TrialRequest request;
    std::vector<std::size_t> configs;   ///< indices
};

/// What a finished trial says of any number of passes over its sample.
struct Outlook {
    LearningCurve curve;
    double setup_seconds = 0, pass_seconds = 0;
};

void validate_input(const MicroProfileInput& input, const MicroProfileOptions& options) {
    require_in_range("current_accuracy", input.current_accuracy, 0, 1);
    require_in_range("labels", input.labels, 1, largest);
    require_in_range("budget_seconds", input.budget_seconds, 0, largest);
    require_in_range("held_out", input.held_out, 0, largest);
    for (const double gain : {input.experience.head, input.experience.last_stage, input.experience.all})
        require_in_range("experience", gain, 0, 1);
    require_in_range("experience data_exponent", input.experience.data_exponent, 0, 1);
    require_in_range("experience deviation", input.experience.deviation, 1e-6, 1);
    require_in_range("sample_fraction", options.sample_fraction, std::numeric_limits<double>::min(), 1);
    require_in_range("min_samples", options.min_samples, 1, largest);
    require_in_range("epochs", options.epochs, 1, largest);
    require_in_range("patience", options.patience, 1, largest);
}

TrialRequest request_for(const RetrainingConfig& config, const MicroProfileInput& input,
                         const MicroProfileOptions& options) {
    const double enough = static_cast<double>(options.min_samples) / input.labels;
    TrialRequest request;
    request.layers = config.layers;
    request.head_width = config.head_width;
    request.batch_size = config.batch_size;
    request.learning_rate = config.learning_rate;
    request.sample_fraction = std::min(std::max(options.sample_fraction, enough), 1.0);
    request.epochs = options.epochs;
    request.patience = options.patience;
    return request;
}

bool same_trial(const TrialRequest& a, const TrialRequest& b) {
    return std::tie(a.layers, a.head_width, a.batch_size, a.learning_rate) ==
           std::tie(b.layers, b.head_width, b.batch_size, b.learning_rate);
}

/// Groups of configurations by trial, those that train few layers first.
std::vector<Group> groups_of(std::span<const RetrainingConfig> configs, const MicroProfileInput& input,
                             const MicroProfileOptions& options) {
    std::vector<Group> groups;
    for (std::size_t i = 0; i < configs.size(); ++i) {
        validate(configs[i]);
        const auto request = request_for(configs[i], input, options);
        auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const Group& g) { return same_trial(g.request, request); });
        if (group == groups.end()) group = groups.insert(groups.end(), {request, {}});
        group->configs.push_back(i);
    }
    std::stable_sort(groups.begin(), groups.end(),
                     [](const Group& a, const Group& b) { return a.request.layers < b.request.layers; });
    return groups;
}

void validate_trial(const Trial& trial) {
    for (const double accuracy : trial.accuracy_per_epoch) require_in_range("accuracy_per_epoch", accuracy, 0, 1);
    require_in_range("device_seconds", trial.device_seconds, 0, largest);
    require_in_range("setup_seconds", trial.setup_seconds, 0, largest);
    if (trial.start_accuracy) require_in_range("start_accuracy", *trial.start_accuracy, 0, 1);
    if (!trial.accuracy_per_epoch.empty())
        require_in_range("device_seconds_per_epoch", trial.device_seconds_per_epoch,
                         std::numeric_limits<double>::min(), largest);
}

/// The weights are inverse variances: a measured point's is that of a share of so many labels.
CurvePoint expected_point(const MicroProfileInput& input, const TrialRequest& request) {
    const double error = 1 - input.current_accuracy;
    const double p = std::clamp(input.current_accuracy, 0.1, 0.9);
    const double measured_variance = p * (1 - p) / input.held_out;
    const double deviation = input.experience.deviation;
    return {15 / request.sample_fraction, 1 - error * (1 - input.experience.gain(request.layers)),
            measured_variance / (deviation * deviation)};
}

Outlook outlook_of(const Trial& trial, const MicroProfileInput& input, const TrialRequest& request) {
    std::vector<CurvePoint> points{{0, trial.start_accuracy.value_or(input.current_accuracy)}};
    const auto epochs = static_cast<double>(trial.accuracy_per_epoch.size());
    for (const double accuracy : trial.accuracy_per_epoch) {
        const auto epoch = static_cast<double>(points.size());
        points.push_back({epoch, accuracy, (epoch / epochs) * (epoch / epochs)});
    }
    if (input.held_out > 0) points.push_back(expected_point(input, request));
    return {fit_learning_curve(points), trial.setup_seconds, trial.device_seconds_per_epoch};
}

RetrainingEstimate estimate_of(const RetrainingConfig& config, const Outlook& outlook, const MicroProfileInput& input,
                               double sample_fraction) {
    const double passes = config.epochs * config.data_fraction / sample_fraction;
    double accuracy = outlook.curve.accuracy(passes);
    if (input.held_out > 0 && accuracy > input.current_accuracy)
        accuracy = input.current_accuracy + (accuracy - input.current_accuracy) *
                                                std::pow(config.data_fraction, input.experience.data_exponent);
    return {config, accuracy, outlook.setup_seconds + passes * outlook.pass_seconds};
}

}  // namespace

double Experience::gain(TrainedLayers layers) const {
    if (layers == TrainedLayers::head) return head;
    return layers == TrainedLayers::last_stage ? last_stage : all;
}

MicroProfile micro_profile(std::span<const RetrainingConfig> configs, const MicroProfileInput& input,
                           const MicroProfileOptions& options, TrialTrainer& trainer) {
    validate_input(input, options);
    MicroProfile profile;
    std::vector<std::optional<RetrainingEstimate>> estimates(configs.size());
    for (auto& group : groups_of(configs, input, options)) {
        const double left = input.budget_seconds - profile.device_seconds;
        if (input.budget_seconds > 0 && left <= 0) break;
        group.request.budget_seconds = input.budget_seconds > 0 ? left : 0;
        const Trial trial = trainer.run(group.request);
        with_context("trial " + group.request.name(), [&] { validate_trial(trial); });
        profile.device_seconds += trial.device_seconds;
        if (trial.accuracy_per_epoch.empty()) continue;
        const auto outlook = outlook_of(trial, input, group.request);
        for (const auto i : group.configs)
            estimates[i] = estimate_of(configs[i], outlook, input, group.request.sample_fraction);
    }
    for (std::size_t i = 0; i < configs.size(); ++i) {
        if (estimates[i]) profile.estimates.push_back(*estimates[i]);
        else profile.dropped.push_back(configs[i]);
    }
    return profile;
}

}  // namespace ekya
