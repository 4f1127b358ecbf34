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
    std::vector<std::size_t> configs;  ///< indices
};

/// What a finished trial says of any number of passes over its sample.
struct Outlook {
    LearningCurve curve;
    double epochs = 0, sample_fraction = 1;  ///< of the trial
    int variants = 1;                        ///< of frozen layers' activations, of the trial
    double setup_seconds = 0, samples_seconds = 0, pass_seconds = 0;
};

void validate_input(const MicroProfileInput& input, const MicroProfileOptions& options) {
    require_in_range("current_accuracy", input.current_accuracy, 0, 1);
    require_in_range("labels", input.labels, 1, largest);
    if (input.budget_seconds) require_in_range("budget_seconds", *input.budget_seconds, 0, largest);
    require_in_range("held_out", input.held_out, 0, largest);
    for (const double gain :
         {input.experience.head, input.experience.last_stage, input.experience.all})
        require_in_range("experience", gain, 0, 1);
    require_in_range("experience data_exponent", input.experience.data_exponent, 0, 1);
    require_in_range("experience half_passes", input.experience.half_passes, 1e-3, largest);
    if (input.accuracy_ahead) require_in_range("accuracy_ahead", *input.accuracy_ahead, 0, 1);
    if (input.accuracy_now) require_in_range("accuracy_now", *input.accuracy_now, 0, 1);
    for (const auto& entry : input.remembered)
        require_in_range("remembered device_seconds", entry.device_seconds,
                         std::numeric_limits<double>::min(), largest);
    require_in_range("experience deviation", input.experience.deviation, 1e-6, 1);
    require_in_range("sample_fraction", options.sample_fraction, std::numeric_limits<double>::min(),
                     1);
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

/// Groups of configurations by trial, the most promising first; of equals those that train few
/// layers, which cost less.
std::vector<Group> groups_of(std::span<const RetrainingConfig> configs,
                             const MicroProfileInput& input, const MicroProfileOptions& options) {
    std::vector<Group> groups;
    for (std::size_t i = 0; i < configs.size(); ++i) {
        validate(configs[i]);
        const auto request = request_for(configs[i], input, options);
        auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const Group& g) { return same_trial(g.request, request); });
        if (group == groups.end()) group = groups.insert(groups.end(), {request, {}});
        group->configs.push_back(i);
    }
    const auto promise = [&](const Group& group) {
        return input.experience.gain(group.request.layers);
    };
    std::stable_sort(groups.begin(), groups.end(), [&](const Group& a, const Group& b) {
        if (promise(a) != promise(b)) return promise(a) > promise(b);
        return a.request.layers < b.request.layers;
    });
    return groups;
}

void validate_trial(const Trial& trial) {
    for (const double accuracy : trial.accuracy_per_epoch)
        require_in_range("accuracy_per_epoch", accuracy, 0, 1);
    require_in_range("device_seconds", trial.device_seconds, 0, largest);
    require_in_range("setup_seconds", trial.setup_seconds, 0, largest);
    require_in_range("samples_seconds", trial.samples_seconds, 0, largest);
    if (trial.start_accuracy) require_in_range("start_accuracy", *trial.start_accuracy, 0, 1);
    if (!trial.accuracy_per_epoch.empty())
        require_in_range("device_seconds_per_epoch", trial.device_seconds_per_epoch,
                         std::numeric_limits<double>::min(), largest);
}

Outlook outlook_of(const Trial& trial, const MicroProfileInput& input,
                   const TrialRequest& request) {
    std::vector<CurvePoint> points{{0, trial.start_accuracy.value_or(input.current_accuracy)}};
    const auto epochs = static_cast<double>(trial.accuracy_per_epoch.size());
    for (const double accuracy : trial.accuracy_per_epoch) {
        const auto epoch = static_cast<double>(points.size());
        points.push_back({epoch, accuracy, (epoch / epochs) * (epoch / epochs)});
    }
    RetrainingConfig config;
    config.epochs = request.epochs;
    config.layers = request.layers;
    return {fit_learning_curve(points),    epochs,
            request.sample_fraction,       activation_variants(config),
            trial.setup_seconds,           trial.samples_seconds,
            trial.device_seconds_per_epoch};
}

/// A guess of the part of the error that is removed, and how sure it is. Negative: what is learned
/// does harm.
struct Guess {
    double part = 0, variance = 0;
};

/// What the trial says. More data than the sample remove the same part of the error more times
/// over.
Guess from_trial(const RetrainingConfig& config, const Outlook& outlook,
                 const MicroProfileInput& input, double passes) {
    constexpr double least_error =
        0.05;  // of a nearly perfect model parts of the error mean nothing
    const double error = std::max(1 - input.current_accuracy, least_error);
    double part = (outlook.curve.accuracy(passes) - input.current_accuracy) / error;
    if (input.held_out == 0) return {part, 0};
    if (part > 0)
        part = 1 - std::pow(std::max(1 - part, 0.0),
                            std::pow(config.data_fraction / outlook.sample_fraction,
                                     input.experience.data_exponent));
    const double p = std::clamp(input.current_accuracy, 0.1, 0.9);
    // What is measured of a little training and its noise grow alike when it is carried on.
    const double carried_on =
        std::max(input.experience.progress(config) /
                     training_progress(outlook.epochs * outlook.sample_fraction,
                                       input.experience.half_passes),
                 1.0);
    return {part, p * (1 - p) / (input.held_out * error * error) * carried_on * carried_on};
}

Guess from_experience(const RetrainingConfig& config, const Experience& experience) {
    return {experience.gain(config), experience.variance(config)};
}

ProfiledRetraining estimate_of(const RetrainingConfig& config, const Guess& guess, double seconds,
                               const MicroProfileInput& input) {
    const double ahead = input.accuracy_ahead.value_or(input.current_accuracy);
    ProfiledRetraining estimate{config, std::clamp(ahead + (1 - ahead) * guess.part, 0.0, 1.0),
                                seconds};
    const double now = input.accuracy_now.value_or(input.current_accuracy);
    estimate.accuracy_now = std::clamp(now + (1 - now) * guess.part, 0.0, 1.0);
    if (input.held_out > 0) estimate.accuracy_error = (1 - ahead) * std::sqrt(guess.variance);
    return estimate;
}

ProfiledRetraining estimate_of(const RetrainingConfig& config, const Outlook& outlook,
                               const MicroProfileInput& input) {
    const double passes = config.epochs * config.data_fraction / outlook.sample_fraction;
    Guess guess = from_trial(config, outlook, input, passes);
    if (input.held_out > 0) {
        const Guess usual = from_experience(config, input.experience);
        const double weight = usual.variance / (usual.variance + guess.variance);
        guess = {usual.part + weight * (guess.part - usual.part), weight * guess.variance};
    }
    const double activations = config.data_fraction / outlook.sample_fraction *
                               activation_variants(config) / outlook.variants;
    return estimate_of(config, guess,
                       outlook.setup_seconds + activations * outlook.samples_seconds +
                           passes * outlook.pass_seconds,
                       input);
}

/// What is known of a configuration without a trial; null if that is not enough.
const RememberedCost* remembered(const RetrainingConfig& config, const MicroProfileInput& input) {
    if (input.held_out == 0) return nullptr;  // no experience is called in
    const auto known = std::find_if(input.remembered.begin(), input.remembered.end(),
                                    [&](const auto& r) { return r.config == config; });
    return known == input.remembered.end() ? nullptr : &*known;
}

/// Whether a trial is known to take longer than what is left.
/// @param preparation device-seconds that the trial before spent outside its epochs; 0 = there was
/// none
bool is_too_long(const TrialRequest& request, const MicroProfileInput& input, double preparation,
                 double left) {
    const auto known = input.epoch_seconds.find(request.layers);
    const double epochs = known == input.epoch_seconds.end()
                              ? 0
                              : request.epochs * request.sample_fraction * known->second;
    return epochs + std::max(preparation, 0.5 * epochs) > left;  // what preparing usually takes
}

}  // namespace

double Experience::gain(TrainedLayers layers) const {
    if (layers == TrainedLayers::head) return head;
    return layers == TrainedLayers::last_stage ? last_stage : all;
}

double Experience::gain(const RetrainingConfig& config) const {
    return std::min(
        progress(config) * std::pow(config.data_fraction, data_exponent) * gain(config.layers),
        0.99);
}

double Experience::variance(const RetrainingConfig& config) const {
    const double stray = deviation * std::clamp(progress(config), 0.5, 1.5);
    return stray * stray;
}

double Experience::progress(const RetrainingConfig& config) const {
    return training_progress(config.epochs * config.data_fraction, half_passes);
}

double training_progress(double passes, double half_passes) {
    constexpr double full = 15;
    return passes / (passes + half_passes) * (full + half_passes) / full;
}

double half_passes_over(int fresh, int exemplars) {
    constexpr double scale = 910, least = 0.3, most = 10;
    const double all = static_cast<double>(fresh) + exemplars;
    return std::clamp(scale / std::sqrt(std::max(fresh * all, 1.0)), least, most);
}

std::map<TrainedLayers, double> epoch_seconds(std::span<const ProfiledRetraining> estimates) {
    std::map<TrainedLayers, double> seconds;
    for (const auto layers : {TrainedLayers::head, TrainedLayers::last_stage, TrainedLayers::all}) {
        const ProfiledRetraining *least = nullptr, *most = nullptr;
        const auto passes = [](const ProfiledRetraining* e) {
            return e->config.epochs * e->config.data_fraction;
        };
        for (const auto& entry : estimates)
            if (entry.config.layers == layers && (most == nullptr || passes(&entry) > passes(most)))
                most = &entry;
        for (const auto& entry :
             estimates)  // with the same data: what comes before the first epoch depends on them
            if (entry.config.layers == layers &&
                entry.config.data_fraction == most->config.data_fraction &&
                (least == nullptr || passes(&entry) < passes(least)))
                least = &entry;
        if (least != nullptr && passes(most) > passes(least))
            seconds[layers] = std::max(0.0, (most->device_seconds - least->device_seconds) /
                                                (passes(most) - passes(least)));
    }
    return seconds;
}

MicroProfile micro_profile(std::span<const RetrainingConfig> configs,
                           const MicroProfileInput& input, const MicroProfileOptions& options,
                           TrialTrainer& trainer) {
    validate_input(input, options);
    MicroProfile profile;
    std::vector<std::optional<ProfiledRetraining>> estimates(configs.size());
    const auto is_known = [&](std::size_t i) {
        const auto* known = remembered(configs[i], input);
        return known != nullptr && !known->is_stale;
    };
    const auto is_must = [&](const Group& group) {
        return !options.drop && !std::all_of(group.configs.begin(), group.configs.end(), is_known);
    };
    auto groups = groups_of(configs, input, options);
    std::stable_partition(groups.begin(), groups.end(),
                          is_must);  // what has to be spent is spent before the rest is shared out
    double preparation = 0;
    for (auto& group : groups) {
        const double left = input.budget_seconds.value_or(0) - profile.device_seconds;
        const bool is_limited = input.budget_seconds && !is_must(group);
        if (is_limited && (left <= 0 || is_too_long(group.request, input, preparation, left)))
            continue;
        group.request.budget_seconds = is_limited ? left : 0;
        const Trial trial = trainer.run(group.request);
        with_context("trial " + group.request.name(), [&] { validate_trial(trial); });
        profile.device_seconds += trial.device_seconds;
        preparation = std::max(
            0.0, trial.device_seconds - trial.device_seconds_per_epoch *
                                            static_cast<double>(trial.accuracy_per_epoch.size()));
        if (trial.accuracy_per_epoch.empty()) continue;
        const auto outlook = outlook_of(trial, input, group.request);
        for (const auto i : group.configs) estimates[i] = estimate_of(configs[i], outlook, input);
    }
    for (std::size_t i = 0; i < configs.size(); ++i) {
        if (estimates[i]) {
            profile.estimates.push_back(*estimates[i]);
            continue;
        }
        const auto* known = remembered(configs[i], input);
        (known != nullptr ? profile.untried : profile.dropped).push_back(configs[i]);
        if (known == nullptr) continue;
        profile.estimates.push_back(estimate_of(configs[i],
                                                from_experience(configs[i], input.experience),
                                                known->device_seconds, input));
        profile.estimates.back().tried = false;
    }
    return profile;
}

}  // namespace ekya
