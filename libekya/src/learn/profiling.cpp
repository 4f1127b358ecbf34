#include "ekya/learn/profiling.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/profile/pruning.hpp"
#include "ekya/profile/track_record.hpp"
#include "ekya/store/training_data.hpp"
#include "inference_profile.hpp"
#include "trial_runner.hpp"

namespace ekya {
namespace {

double device_seconds_now() { return process_cpu_seconds() / usable_cores(); }

TrainingData load(const Store& store, const ProfilingRequest& request) {
    TrainingDataRequest wish;
    wish.stream = request.stream;
    wish.classes = request.classes;
    wish.fresh_windows = {request.window - 1};
    wish.memory_before = request.window;
    wish.exemplars = request.exemplars;
    wish.held_out = request.held_out;
    wish.held_out_most = request.held_out_most;
    wish.seed = request.seed;
    return load_training_data(store, wish);
}

/// Over all fresh labels, held out or not: a deployed model has seen none of them.
double accuracy_on_fresh(Classifier& classifier, const TrainingData& data) {
    double correct = 0, all = 0;
    for (const auto* part : {&data.fresh, &data.held_out}) {
        if (part->empty()) continue;
        correct += classifier.accuracy(*part) * static_cast<double>(part->count());
        all += static_cast<double>(part->count());
    }
    return all > 0 ? correct / all : 0;
}

/// How the model before the deployed one does on the same labels, if it was the last window that brought the change: what the
/// retraining really gained. The labels are of the window that it ran in, as no trial's can be.
std::optional<double> parent_accuracy(const Store& store, const ProfilingRequest& request, const ModelCard& card, const TrainingData& data) {
    if (card.window != request.window - 1 || card.parent.empty() || !store.has_model(request.stream, card.parent)) return std::nullopt;
    if (data.fresh.empty() && data.held_out.empty()) return std::nullopt;
    const auto parent = store.model(request.stream, card.parent);
    if (parent.classes != card.classes) return std::nullopt;
    Classifier classifier(parent.architecture, store.weights_file(request.stream, parent.id), request.device);
    return accuracy_on_fresh(classifier, data);
}

/// What the store remembers of earlier windows.
struct History {
    std::vector<StreamEstimate> estimates;        ///< of the stream
    std::vector<PastRetraining> own, others;      ///< of the stream, of all others
    double drift = 0;                             ///< expected of the deployed model

    [[nodiscard]] std::map<TrainedLayers, double> known_epoch_seconds() const {
        return estimates.empty() ? std::map<TrainedLayers, double>{} : epoch_seconds(estimates.back().retraining);
    }
};

/// @param now holds the outcome of the last retraining. Of other streams only what was there before this window counts: they
///            may be profiled at the same time, and results must not depend on who is first.
History history_of(const Store& store, const StreamEstimate& now) {
    History history;
    for (const auto& stream : store.streams()) {
        auto estimates = store.estimates(stream);
        std::erase_if(estimates, [&](const auto& e) { return e.window >= now.window; });
        const bool own = stream == now.stream;
        if (own) {
            history.estimates = estimates;
            estimates.push_back(now);
        }
        const auto cards = store.model_cards(stream);
        if (own) history.drift = expected_drift(estimates, cards);
        const auto past = past_retrainings(estimates, cards, now.window);
        auto& all = own ? history.own : history.others;
        all.insert(all.end(), past.begin(), past.end());
    }
    return history;
}

/// Puts on the estimates what earlier ones missed by. The error of one is what the stream's predictions miss by at best,
/// and what is unsure about this configuration.
void correct(StreamEstimate& estimate, const TrackRecord& record) {
    estimate.correction = record.shift;
    for (auto& entry : estimate.retraining) {
        entry.accuracy = std::clamp(entry.accuracy + record.shift, 0.0, 1.0);
        entry.accuracy_error = std::hypot(record.deviation, entry.accuracy_error.value_or(0));
    }
}

TrainingJob trial_job(const Store& store, const ProfilingRequest& request, const ModelCard& card, const TrainingData& data) {
    TrainingJob job;
    job.architecture = card.architecture;
    job.device = request.device;
    job.seed = request.seed;
    job.fresh = &data.fresh;
    job.exemplars = &data.exemplars;
    job.held_out = &data.held_out;
    job.start_weights = store.weights_file(request.stream, card.id);
    return job;
}

}  // namespace

Profile profile_stream(const Store& store, const ProfilingRequest& request) {
    const double begin = device_seconds_now();
    const auto manifest = store.window(request.stream, request.window - 1);
    const auto data = load(store, request);
    const auto card = store.model(request.stream, request.model);
    if (card.classes != request.classes)
        throw InputError("model " + card.id + " was trained for other classes than the stream list names");
    if (card.window >= request.window)
        throw InputError("model " + card.id + " was trained in window " + std::to_string(card.window) + ", which is not before window " +
                         std::to_string(request.window) + "; name an earlier one with --model");
    // A model that has learned from these labels already (the base model, in the first window) cannot be measured on
    // them, and they have nothing new to teach it.
    const bool seen = std::find(card.data_windows.begin(), card.data_windows.end(), request.window - 1) != card.data_windows.end();
    Classifier classifier(card.architecture, store.weights_file(request.stream, card.id), request.device);

    Profile profile;
    StreamEstimate& estimate = profile.estimate;
    estimate.stream = request.stream;
    estimate.window = request.window;
    estimate.accuracy = seen && card.accuracy ? *card.accuracy : accuracy_on_fresh(classifier, data);
    estimate.model = card.id;
    estimate.labels = static_cast<int>(data.fresh.count() + data.held_out.count());
    estimate.parent_accuracy = parent_accuracy(store, request, card, data);
    const LabelledCrops* parts[] = {&data.held_out, &data.fresh, &data.exemplars};
    estimate.inference = profile_inference(store, manifest, request, parts);
    // Without labels nothing can be learned or measured: the stream keeps its model.
    const auto labels = static_cast<int>(data.fresh.count() + data.exemplars.count());
    if (!seen && !data.held_out.empty() && labels > 0 && !request.configs.empty()) {
        TrialRunner runner(trial_job(store, request, card, data), request.start_seconds, request.between_batches);
        const auto history = history_of(store, estimate);
        const double on_labels = estimate.accuracy;
        estimate.accuracy = std::clamp(on_labels + history.drift, 0.0, 1.0);
        estimate.drift = estimate.accuracy - on_labels;
        const auto configs = request.prune ? not_pruned(request.configs, history.estimates) : request.configs;
        const double left = request.budget_seconds - (device_seconds_now() - begin);   // what was spent so far is of the same budget
        if (request.budget_seconds > 0 && left <= 0) {
            profile.dropped = configs;
        } else {
            const MicroProfileInput input{classifier.accuracy(data.held_out), labels, request.budget_seconds > 0 ? left : 0,
                                          static_cast<int>(data.held_out.count()), experience_from(history.own, history.others),
                                          estimate.accuracy, history.known_epoch_seconds()};
            auto result = micro_profile(configs, input, request.options, runner);
            estimate.retraining = std::move(result.estimates);
            correct(estimate, track_record(history.own));
            profile.dropped = std::move(result.dropped);
        }
    }
    estimate.profiling_seconds = device_seconds_now() - begin;
    return profile;
}

}  // namespace ekya
