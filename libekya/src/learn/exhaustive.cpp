#include "ekya/learn/exhaustive.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "ekya/learn/retraining.hpp"
#include "ekya/profile/score.hpp"
#include "ekya/task/task.hpp"
#include "ekya/task/training_data.hpp"
#include "inference_profile.hpp"
#include "scratch_store.hpp"

namespace ekya {
namespace {

/// All labelled objects of the window to be planned.
WeightedSamples objects_of(const Store& truth, const ProfilingRequest& request) {
    TrainingDataRequest wish;
    wish.stream = request.stream;
    wish.classes = request.classes;
    wish.fresh_windows = {request.window};
    wish.exemplars = 0;
    wish.held_out = 0;
    auto objects = measuring_sample(load_training_data(truth, wish));
    if (objects.empty())
        throw InputError(truth.labels_file(request.stream, request.window).string() +
                         ": has no label of a known class to measure with");
    return objects;
}

WeightedSamples all_alike(std::shared_ptr<Samples> samples) {
    std::vector<Measured> as(samples->count());
    return {std::move(samples), std::move(as)};
}

/// Score of a model on samples, and how many labels measure it.
struct MeasuredScore {
    double score;
    int labels;
};

MeasuredScore score_on(const Store& store, const std::string& stream, const std::string& model,
                       const std::string& device, const WeightedSamples& objects) {
    const auto grades = load_model(store, stream, model, device)->grades(*objects.samples);
    return {score_of(grades, objects.weights()),
            static_cast<int>(std::lround(measured_labels(grades, objects.weights())))};
}

double accuracy_of(const Store& store, const std::string& stream, const std::string& model,
                   const std::string& device, const WeightedSamples& objects) {
    return score_on(store, stream, model, device, objects).score;
}

/// What the stream's profile of the same window says beside accuracies; nothing if there is none
/// for this model. Where retrainings start is taken from it as far as warm starts are allowed.
ProfileRecord planned_with(const Store& store, const ProfilingRequest& request) {
    const auto file = store.profile_file(request.stream, request.window);
    if (!std::filesystem::exists(file)) return {};
    auto estimate = read_record<ProfileRecord>(file);
    if (estimate.model != request.model) return {};
    const bool allowed = request.warm_start == WarmStart::all ||
                         (request.warm_start == WarmStart::own && estimate.start.stream.empty());
    if (!allowed) estimate.start.model = estimate.start.stream = "";
    return estimate;
}

MeasuredRetraining train_one(const Store& scratch, const ProfilingRequest& request,
                             const RetrainingConfig& config, const ProfileRecord& planned,
                             const WeightedSamples& objects, const WeightedSamples& newest,
                             std::uint64_t seed) {
    RetrainingRequest job;
    job.stream = request.stream;
    job.classes = request.classes;
    job.window = request.window;
    job.fresh_windows = windows_new_to(scratch.model(request.stream, request.model), scratch,
                                       request.stream, request.window, request.fresh_windows);
    job.config = config;
    job.parent = planned.start.model.empty() ? request.model : planned.start.model;
    job.parent_stream = planned.start.stream;
    job.exemplars = request.exemplars;
    job.memory = request.memory;
    job.memory.from_window = std::max(job.memory.from_window, planned.start.exemplars_from);
    job.distillation = request.distillation;
    job.precision = request.precision;
    job.seed = seed;
    job.device = request.device;
    RetrainingHooks hooks;
    hooks.between_batches = request.between_batches;
    const auto card = retrain(scratch, job, hooks);
    MeasuredRetraining result{
        config, accuracy_of(scratch, request.stream, card.id, request.device, objects),
        card.device_seconds + request.start_seconds};
    if (!newest.empty())
        result.accuracy_now = accuracy_of(scratch, request.stream, card.id, request.device, newest);
    return result;
}

/// Mean of request.repeats trainings: evens out the luck of a single seed.
MeasuredRetraining train_repeatedly(const Store& scratch, const ProfilingRequest& request,
                                    const RetrainingConfig& config, const ProfileRecord& planned,
                                    const WeightedSamples& objects, const WeightedSamples& newest,
                                    int labels) {
    MeasuredRetraining sum{config};
    for (int i = 0; i < request.repeats; ++i) {
        const auto one = train_one(scratch, request, config, planned, objects, newest,
                                   request.seed + static_cast<std::uint64_t>(i));
        sum.accuracy += one.accuracy;
        sum.device_seconds += one.device_seconds;
        if (one.accuracy_now) sum.accuracy_now = sum.accuracy_now.value_or(0) + *one.accuracy_now;
        if (request.repeats > 1) sum.accuracies.push_back(one.accuracy);
    }
    sum.accuracy /= request.repeats;
    sum.device_seconds /= request.repeats;
    if (sum.accuracy_now) *sum.accuracy_now /= request.repeats;
    const double p =
        std::clamp(sum.accuracy, 0.02, 0.98);  // of few objects even 0 or all right are not certain
    sum.accuracy_error = std::sqrt(p * (1 - p) / labels);
    return sum;
}

}  // namespace

Truth measure_truth(const Store& store, const Store& truth, const ProfilingRequest& request) {
    const double begin = device_seconds(request.device);
    require_in_range("repeats", request.repeats, 1, std::numeric_limits<int>::max());
    const auto objects = objects_of(truth, request);
    const auto newest = truth.has_labels(request.stream, request.window - 1)
                            ? all_alike(objects_without_label(store, truth, request.stream,
                                                              request.classes, request.window - 1))
                            : WeightedSamples{};
    const auto planned = planned_with(store, request);
    ScratchStore scratch(store, request.stream);
    scratch.add_model(request.stream, request.model);
    if (!planned.start.model.empty())
        scratch.add_model(planned.start.stream.empty() ? request.stream : planned.start.stream,
                          planned.start.model);
    Truth measured;
    measured.stream = request.stream;
    measured.window = request.window;
    measured.model = request.model;
    measured.device = device_kind(request.device);
    const auto deployed_on = [&](const WeightedSamples& samples) {
        return score_on(scratch.store(), request.stream, request.model, request.device, samples);
    };
    const auto now = deployed_on(objects);
    measured.accuracy = now.score;
    measured.labels = now.labels;
    if (!newest.empty()) measured.accuracy_now = deployed_on(newest).score;
    for (const auto& model :
         planned.cached)  // first: one that is missing or damaged is no reason to train in vain
        measured.cached.push_back(
            {model.id, accuracy_of(store, request.stream, model.id, request.device, objects),
             model.scene});
    for (const auto& config : request.configs)
        measured.retraining.push_back(train_repeatedly(scratch.store(), request, config, planned,
                                                       objects, newest,
                                                       std::max(measured.labels, 1)));
    measured.start = planned.start;
    const Samples* parts[] = {objects.samples.get()};
    const auto deployed = load_model(store, request.stream, request.model, request.device);
    measured.inference = profile_inference(
        store, truth, truth.window(request.stream, request.window), request, *deployed, parts);
    measured.profiling_seconds = device_seconds(request.device) - begin;
    return measured;
}

}  // namespace ekya
