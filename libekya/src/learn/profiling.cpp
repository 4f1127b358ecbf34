#include "ekya/learn/profiling.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "ekya/learn/retraining.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/profile/pruning.hpp"
#include "ekya/profile/score.hpp"
#include "ekya/profile/track_record.hpp"
#include "ekya/store/class_list.hpp"
#include "ekya/store/quarantine.hpp"
#include "ekya/task/task.hpp"
#include "ekya/task/training_data.hpp"
#include "inference_profile.hpp"
#include "stream_context.hpp"
#include "trial_runner.hpp"

namespace ekya {
namespace {

/// Fresh labels, some of them held out, and the exemplars of earlier windows: what a retraining
/// learns from.
TrainingData load(const Store& store, const ProfilingRequest& request,
                  const std::vector<int>& fresh) {
    TrainingDataRequest wish;
    wish.stream = request.stream;
    wish.classes = request.classes;
    wish.fresh_windows = fresh;
    wish.memory_before = request.window;
    wish.exemplars = request.exemplars;
    wish.memory = request.memory;
    wish.held_out = request.held_out;
    wish.held_out_most = request.held_out_most;
    wish.seed = request.seed;
    return load_training_data(store, wish);
}

/// The labels of the window before alone: what the deployed model is measured on, one window after
/// the other.
TrainingData load_newest(const Store& store, const ProfilingRequest& request) {
    auto alone = request;
    alone.exemplars = 0;
    return load(store, alone, {request.window - 1});
}

/// Another choice of exemplars: the memory begins later now.
std::shared_ptr<Samples> exemplars_after_drift(const Store& store, const ProfilingRequest& request,
                                               const std::vector<int>& fresh) {
    TrainingDataRequest wish;
    wish.stream = request.stream;
    wish.classes = request.classes;
    wish.memory_before = fresh.front();
    wish.exemplars = request.exemplars;
    wish.memory = request.memory;
    wish.seed = request.seed;
    return load_training_data(store, wish).exemplars;
}

/// Over fresh labels, held out or not: a deployed model has seen none of them.
struct LabelAccuracy {
    double whole_window;  ///< as windows are scored
    double newest;        ///< what the next window is forecast from
    int labels = 0;       ///< that measure them
};
LabelAccuracy accuracy_on(TaskModel& model, const WeightedSamples& sample) {
    const auto grades = model.grades(*sample.samples);
    return {score_of(grades, sample.weights()), score_of(grades, sample.weights(Emphasis::newest)),
            static_cast<int>(std::lround(measured_labels(grades, sample.weights())))};
}

/// As many of equal weight as would measure about as well.
int labels_worth(const WeightedSamples& sample) {
    return static_cast<int>(
        std::lround(measured_labels(std::vector<Grade>(sample.as.size()), sample.weights())));
}

/// Of the model that trials start from.
struct StartAccuracy {
    double held_out;      ///< on what trials are measured on
    int held_out_labels;  ///< that measure it
    LabelAccuracy sample;
};

StartAccuracy start_accuracy(const Store& store, const ProfilingRequest& request,
                             const ProfileRecord& estimate, TaskModel& deployed,
                             const LabelAccuracy& of_deployed, const TrainingData& data,
                             const WeightedSamples& sample) {
    const auto on_held_out = [&](TaskModel& model, const LabelAccuracy& on_sample) {
        const auto grades = model.grades(*data.held_out);
        return StartAccuracy{score_of(grades),
                             static_cast<int>(std::lround(measured_labels(grades))), on_sample};
    };
    if (estimate.start.model.empty()) return on_held_out(deployed, of_deployed);
    const auto& owner = estimate.start.stream.empty() ? request.stream : estimate.start.stream;
    const auto start = load_model(store, owner, estimate.start.model, request.device);
    return on_held_out(*start, accuracy_on(*start, sample));
}

/// How the model before the deployed one does on the same labels, if it was the last window that
/// brought the change: what the retraining really gained. The labels are of the window that it ran
/// in, as no trial's can be.
std::optional<double> parent_accuracy(const Store& store, const ProfilingRequest& request,
                                      const ModelCard& card, const WeightedSamples& sample) {
    if (card.window != request.window - 1 || card.parent.empty() || sample.empty())
        return std::nullopt;
    if (!store.has_model(request.stream, card.parent)) return std::nullopt;
    if (store.model(request.stream, card.parent).classes != card.classes) return std::nullopt;
    const auto parent = load_model(store, request.stream, card.parent, request.device);
    return accuracy_on(*parent, sample).whole_window;
}

/// What the store remembers of earlier windows.
struct History {
    std::vector<ProfileRecord> estimates;  ///< of the stream
    std::vector<ProfileRecord> of_costs;  ///< of them, those of the same network on the same device
    std::vector<ModelCard> cards;         ///< of its models
    std::vector<PastRetraining> own, others;  ///< of the stream, of all others
    ExpectedChange change;                    ///< of a model's accuracy until the next window

    [[nodiscard]] std::map<TrainedLayers, double> known_epoch_seconds(int samples) const {
        const auto last = std::find_if(of_costs.rbegin(), of_costs.rend(),
                                       [](const auto& e) { return !e.retraining.empty(); });
        if (last == of_costs.rend()) return {};
        auto known = epoch_seconds(last->retraining);
        if (last->samples > 0)
            for (auto& [layers, seconds] : known)
                seconds *= static_cast<double>(samples) / last->samples;
        return known;
    }
};

/// What a retraining cost on another device, or of another network, says nothing of what it costs
/// here.
std::vector<ProfileRecord> with_costs_like(const ProfileRecord& now, const History& history) {
    const auto network = [&](const std::string& model) {
        const auto found = std::find_if(history.cards.begin(), history.cards.end(),
                                        [&](const auto& card) { return card.id == model; });
        auto found_network =
            found == history.cards.end() ? std::nullopt : std::optional(found->architecture);
        if (found_network)
            found_network->head_width = found_network->classes =
                0;  // a retraining has a head of its own
        return found_network;
    };
    auto estimates = history.estimates;
    std::erase_if(estimates, [&](const auto& e) {
        const auto then = network(e.model);
        return (!e.device.empty() && e.device != now.device) ||
               (then && then != network(now.model));
    });
    return estimates;
}

/// @param now holds the outcome of the last retraining. Of other streams only what was there before
/// this window counts: they
///            may be profiled at the same time, and results must not depend on who is first.
History history_of(const Store& store, const ProfileRecord& now) {
    History history;
    for (const auto& stream : store.streams()) {
        const bool own = stream == now.stream;
        std::vector<ProfileRecord> estimates;
        try {
            estimates = whole_profiles(store, stream);
        } catch (const InputError&) {
            if (own) throw;
            continue;  // what another stream remembers is of use, but not needed
        }
        std::erase_if(estimates, [&](const auto& e) { return e.window >= now.window; });
        if (own) {
            history.estimates = estimates;
            estimates.push_back(now);
        }
        const auto cards = store.model_cards(stream);
        if (own) history.cards = cards;
        if (own) history.change = expected_change(estimates, cards);
        const auto past = past_retrainings(estimates, cards, now.window);
        auto& all = own ? history.own : history.others;
        all.insert(all.end(), past.begin(), past.end());
    }
    history.of_costs = with_costs_like(now, history);
    return history;
}

/// Of another model in the coming window, beside the deployed one: what it errs less by on the same
/// labels has nothing to do with how hard their scene was, but some of it is noise.
double ahead_beside(double deployed_ahead, double deployed_now, double other_now) {
    constexpr double lead_kept = 0.7, least_error = 0.02;
    const double times =
        std::max(1 - other_now, least_error) / std::max(1 - deployed_now, least_error);
    return std::clamp(1 - (1 - deployed_ahead) * std::pow(times, lead_kept), 0.0, 1.0);
}

/// Puts on the estimates what earlier ones missed by. The error of one is what the stream's
/// predictions miss by at best, and what is unsure about this configuration.
void correct(ProfileRecord& estimate, const TrackRecord& record) {
    estimate.correction = record.shift;
    for (auto& entry : estimate.retraining) {
        entry.accuracy = std::clamp(entry.accuracy + record.shift, 0.0, 1.0);
        entry.accuracy_error = std::hypot(record.deviation, entry.accuracy_error.value_or(0));
    }
}

TrainingJob trial_job(const Store& store, const ProfilingRequest& request, const ModelCard& card,
                      const ProfileRecord& estimate, const TrainingData& data) {
    TrainingJob job;
    job.architecture = card.architecture;
    job.architecture.classes = static_cast<int>(request.classes.size());
    job.start_architecture = card.architecture;
    job.distillation = request.distillation;
    job.precision = request.precision;
    job.min_score = card.min_score;
    job.device = request.device;
    job.seed = request.seed;
    job.fresh = data.fresh.get();
    job.exemplars = data.exemplars.get();
    job.held_out = data.held_out.get();
    job.start_weights =
        estimate.start.model.empty()
            ? store.weights_file(request.stream, card.id)
            : store.weights_file(
                  estimate.start.stream.empty() ? request.stream : estimate.start.stream,
                  estimate.start.model);
    return job;
}

/// Cost and gain of every configuration, from trials and from what the store remembers; the
/// accuracy ahead.
/// @param begin device-seconds at which the profile began
void profile_retrainings(const Store& store, const ProfilingRequest& request, TrainingJob trial,
                         const LabelAccuracy& deployed, const StartAccuracy& start, double begin,
                         Profile& profile) {
    ProfileRecord& estimate = profile.record;
    const auto history = history_of(store, estimate);
    estimate.accuracy = std::clamp(deployed.newest + history.change.at(deployed.newest), 0.0, 1.0);
    estimate.expected_change = estimate.accuracy - deployed.whole_window;
    for (auto& model : estimate.cached)
        model.accuracy = ahead_beside(estimate.accuracy, deployed.whole_window, model.accuracy);
    if (request.only_drifted && !(estimate.drift && estimate.drift->drifted)) return;
    const auto configs =
        request.prune ? not_pruned(request.configs, history.of_costs) : request.configs;
    std::optional<double> left;
    if (request.budget_seconds > 0)
        left = std::max(request.budget_seconds - (device_seconds(request.device) - begin),
                        0.0);  // what was spent so far is of the same budget
    // On a GPU cards count what was waited for the share too.
    const auto cards = request.device == "cpu" ? history.cards : std::vector<ModelCard>{};
    const auto usual = task_named(trial.architecture.task).defaults();
    auto experience = usual.experience;
    experience.half_passes =
        half_passes_over(static_cast<int>(trial.fresh->count() + trial.held_out->count()),
                         static_cast<int>(trial.exemplars->count()));
    // Gains are a part of the error of the model that a retraining starts from.
    const MicroProfileInput input{
        start.held_out,
        estimate.samples,
        left,
        start.held_out_labels,
        after_drift(experience_from(history.own, history.others, experience), estimate),
        ahead_beside(estimate.accuracy, deployed.newest, start.sample.newest),
        start.sample.whole_window,
        history.known_epoch_seconds(estimate.samples),
        remembered_costs(configs, history.of_costs, cards, request.window, estimate.samples,
                         request.start_seconds)};
    const auto& task = task_named(trial.architecture.task);
    auto options = request.options;
    if (options.min_samples == 0) options.min_samples = usual.least_trial_samples;
    TrialRunner runner(std::move(trial), request.start_seconds, request.between_batches,
                       task.chance(static_cast<int>(request.classes.size())));
    auto result = micro_profile(configs, input, options, runner);
    estimate.retraining = std::move(result.estimates);
    correct(estimate, track_record(history.own));
    profile.untried = std::move(result.untried);
    profile.dropped = std::move(result.dropped);
}

}  // namespace

Profile profile_stream(const Store& store, const ProfilingRequest& given) {
    const double begin = device_seconds(given.device) - given.spent_seconds;
    ProfilingRequest request = given;
    request.memory.from_window =
        std::max(request.memory.from_window, remembered_from(store, request));
    const auto manifest = store.window(request.stream, request.window - 1);
    const auto card = store.model(request.stream, request.model);
    const auto fresh =
        windows_new_to(card, store, request.stream, request.window, request.fresh_windows);
    auto data = load(store, request, fresh);
    std::optional<TrainingData> last;
    if (fresh.size() > 1) last = load_newest(store, request);
    const auto& newest = last ? *last : data;
    if (!continues(card.classes, request.classes))
        throw InputError("model " + card.id +
                         " was trained for other classes than the stream list names; ekya-train "
                         "--fit-classes takes those out that it no longer names");
    if (card.window >= request.window)
        throw InputError("model " + card.id + " was trained in window " +
                         std::to_string(card.window) + ", which is not before window " +
                         std::to_string(request.window) + "; name an earlier one with --model");
    // A model that has learned from these labels already (the base model, in the first window)
    // cannot be measured on them, and they have nothing new to teach it.
    const bool seen = std::find(card.data_windows.begin(), card.data_windows.end(),
                                request.window - 1) != card.data_windows.end();
    const auto model =
        task_of(card).load(card, store.weights_file(request.stream, card.id), request.device, 0,
                           serving_precision(card));  // costs are as it serves

    Profile profile;
    ProfileRecord& estimate = profile.record;
    estimate.stream = request.stream;
    estimate.window = request.window;
    const auto sample = measuring_sample(newest, static_cast<std::size_t>(request.measured_most));
    const auto deployed = seen && card.accuracy
                              ? LabelAccuracy{*card.accuracy, *card.accuracy, labels_worth(sample)}
                              : accuracy_on(*model, sample);
    estimate.accuracy = deployed.whole_window;
    estimate.model = card.id;
    estimate.device = device_kind(request.device);
    estimate.labels = deployed.labels;
    estimate.parent_accuracy = parent_accuracy(store, request, card, sample);
    const auto drawn = evaluation_sample(data, static_cast<std::size_t>(request.held_out_most));
    const Samples* parts[] = {drawn.get(), data.exemplars.get()};
    estimate.inference = profile_inference(store, store, manifest, request, *model, parts);
    describe_stream(store, request, card, !seen, *model, newest, fresh.front(), estimate);
    if (estimate.start.exemplars_from > request.memory.from_window) {
        request.memory.from_window = estimate.start.exemplars_from;
        data.exemplars = exemplars_after_drift(store, request, fresh);
    }
    // Without labels nothing can be learned or measured: the stream keeps its model.
    estimate.samples = static_cast<int>(data.fresh->count() + data.exemplars->count());
    if (!seen && !data.held_out->empty() && estimate.samples > 0 && !request.configs.empty()) {
        const auto start = start_accuracy(store, request, estimate, *model, deployed, data, sample);
        profile_retrainings(store, request, trial_job(store, request, card, estimate, data),
                            deployed, start, begin, profile);
    }
    estimate.profiling_seconds = device_seconds(request.device) - begin;
    return profile;
}

}  // namespace ekya
