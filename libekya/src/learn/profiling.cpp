#include "ekya/learn/profiling.hpp"

#include <algorithm>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/learn/retraining.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/profile/carry_over.hpp"
#include "ekya/store/training_data.hpp"
#include "stream_context.hpp"
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
    wish.memory = request.memory;
    wish.held_out = request.held_out;
    wish.held_out_most = request.held_out_most;
    wish.seed = request.seed;
    return load_training_data(store, wish);
}

/// Over all fresh labels drawn uniformly, held out or not: a deployed model has seen none of them.
double current_accuracy(Classifier& classifier, const TrainingData& data) {
    const auto sample = evaluation_sample(data);
    return sample.empty() ? 0 : classifier.accuracy(sample);
}

/// Of the model that trials start from, on what they are measured on.
double start_accuracy(const Store& store, const ProfilingRequest& request, const StreamEstimate& estimate, Classifier& deployed,
                      const TrainingData& data) {
    if (estimate.start_model.empty()) return deployed.accuracy(data.held_out);
    const auto& owner = estimate.start_stream.empty() ? request.stream : estimate.start_stream;
    return Classifier(deployed.architecture(), store.weights_file(owner, estimate.start_model), request.device).accuracy(data.held_out);
}

/// Device-seconds to classify one crop, over about a tenth of a second.
double seconds_per_crop(Classifier& classifier, const TrainingData& data) {
    const auto& crops = data.fresh.empty() ? data.exemplars.crops : data.fresh.crops;
    const std::size_t count = std::min<std::size_t>(8, crops.count());
    CropBatch batch;
    for (std::size_t i = 0; i < count; ++i) batch.append(crops, i);
    if (count == 0) return 0;
    (void)classifier.classify(batch);
    const double begin = device_seconds_now();
    const SystemClock clock;
    const Seconds start = clock.now();
    int rounds = 0;
    for (; rounds == 0 || clock.now() - start < 0.1; ++rounds) (void)classifier.classify(batch);
    return (device_seconds_now() - begin) / (rounds * static_cast<double>(count));
}

/// Device-seconds for one analysed frame: what live inference reported of the window before, with everything around
/// the network; before there is such a report, the network's own time.
double seconds_per_frame(const Store& store, const WindowManifest& manifest, Classifier& classifier, const TrainingData& data) {
    const auto file = store.accuracy_file(manifest.stream, manifest.window);
    if (std::filesystem::exists(file)) {
        const auto report = read_record<WindowAccuracy>(file);
        if (report.analysed > 0 && report.device_seconds > 0) return report.device_seconds / static_cast<double>(report.analysed);
    }
    std::size_t objects = 0;
    for (const auto& frame : manifest.frames) objects += frame.objects.size();
    return manifest.frames.empty() ? 0 : seconds_per_crop(classifier, data) * static_cast<double>(objects) / static_cast<double>(manifest.frames.size());
}

std::vector<InferenceEstimate> inference_estimates(const WindowManifest& manifest, double per_frame, const ProfilingRequest& request) {
    const Seconds length = manifest.frames.empty() ? 1 : std::max(1e-3, manifest.end - manifest.start);
    const double frames_per_second = static_cast<double>(manifest.frames.size()) / length * request.pace;
    const auto kept = carried_over(manifest.frames, request.strides);
    std::vector<InferenceEstimate> estimates;
    for (std::size_t i = 0; i < request.strides.size(); ++i)
        estimates.push_back({{request.strides[i], 0}, kept[i], per_frame * frames_per_second / request.strides[i]});
    return estimates;
}

/// What this stream's own retrainings have brought so far, on their held-out labels, drawn to what is usual while there
/// are few. Small ones say little of what a full one brings and are left out.
Experience experience_of(const Store& store, const ProfilingRequest& request) {
    constexpr double usual_weight = 60;   // in held-out labels
    Experience experience;
    double weight[3] = {usual_weight, usual_weight, usual_weight};
    double* gain[3] = {&experience.head, &experience.last_stage, &experience.all};
    for (double* g : gain) *g *= usual_weight;
    for (const auto& card : store.model_cards(request.stream)) {
        if (card.window < 0 || card.window >= request.window || card.config.epochs * card.config.data_fraction < 5) continue;
        if (!card.accuracy || !card.parent_accuracy || *card.parent_accuracy > 0.95) continue;
        const auto layers = static_cast<std::size_t>(card.config.layers);
        const double removed = (*card.accuracy - *card.parent_accuracy) / (1 - *card.parent_accuracy);
        *gain[layers] += std::clamp(removed, -1.0, 1.0) * card.held_out;
        weight[layers] += card.held_out;
    }
    for (std::size_t i = 0; i < 3; ++i) *gain[i] = std::clamp(*gain[i] / weight[i], 0.0, 1.0);
    return experience;
}

TrainingJob trial_job(const Store& store, const ProfilingRequest& request, const ModelCard& card, const StreamEstimate& estimate,
                      const TrainingData& data) {
    TrainingJob job;
    job.architecture = card.architecture;
    job.architecture.classes = static_cast<int>(request.classes.size());
    job.start_architecture = card.architecture;
    job.distillation = request.distillation;
    job.device = request.device;
    job.seed = request.seed;
    job.fresh = &data.fresh;
    job.exemplars = &data.exemplars;
    job.held_out = &data.held_out;
    job.start_weights = estimate.start_model.empty()
                            ? store.weights_file(request.stream, card.id)
                            : store.weights_file(estimate.start_stream.empty() ? request.stream : estimate.start_stream, estimate.start_model);
    return job;
}

}  // namespace

Profile profile_stream(const Store& store, const ProfilingRequest& given) {
    const double begin = device_seconds_now();
    ProfilingRequest request = given;
    request.memory.from_window = std::max(request.memory.from_window, remembered_from(store, request));
    const auto manifest = store.window(request.stream, request.window - 1);
    auto data = load(store, request);
    const auto card = store.model(request.stream, request.model);
    if (!continues(card.classes, request.classes))
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
    estimate.accuracy = seen && card.accuracy ? *card.accuracy : current_accuracy(classifier, data);
    estimate.inference = inference_estimates(manifest, seconds_per_frame(store, manifest, classifier, data), request);
    describe_stream(store, request, card, !seen, classifier, data, estimate);
    if (estimate.exemplars_from > request.memory.from_window) {
        request.memory.from_window = estimate.exemplars_from;
        data = load(store, request);
    }
    // Without labels nothing can be learned or measured: the stream keeps its model.
    const auto labels = static_cast<int>(data.fresh.count() + data.exemplars.count());
    if (!seen && !data.held_out.empty() && labels > 0 && !request.configs.empty()) {
        TrialRunner runner(trial_job(store, request, card, estimate, data), request.start_seconds, request.between_batches);
        const MicroProfileInput input{start_accuracy(store, request, estimate, classifier, data), labels, request.budget_seconds,
                                      static_cast<int>(data.held_out.count()), after_drift(experience_of(store, request), estimate)};
        auto result = micro_profile(request.configs, input, request.options, runner);
        estimate.retraining = std::move(result.estimates);
        profile.dropped = std::move(result.dropped);
    }
    estimate.profiling_seconds = device_seconds_now() - begin;
    return profile;
}

}  // namespace ekya
