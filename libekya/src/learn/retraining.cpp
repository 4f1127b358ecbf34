#include "ekya/learn/retraining.hpp"

#include <algorithm>
#include <functional>
#include <memory>

#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "ekya/device/device.hpp"
#include "ekya/nn/training.hpp"
#include "ekya/nn/weights.hpp"
#include "ekya/profile/score.hpp"
#include "ekya/store/class_list.hpp"
#include "ekya/task/task.hpp"
#include "ekya/task/training_data.hpp"

namespace ekya {
namespace {

/// The model that would be replaced, unless it answers in other classes, or to another end.
std::unique_ptr<TaskModel> incumbent_of(const Store& store, const RetrainingRequest& request) {
    if (request.serving.empty()) return nullptr;
    const ModelCard card = store.model(request.stream, request.serving);
    if (!continues(card.classes, request.classes)) return nullptr;
    return task_of(card).load(card, store.weights_file(request.stream, card.id), request.device);
}

/// What a model answers for samples, graded.
using GradesOf = std::function<std::vector<Grade>(const Samples&)>;

PairedComparison compared(TaskModel& incumbent, const GradesOf& candidate, const Samples& samples) {
    return samples.empty() ? PairedComparison{}
                           : compare(incumbent.grades(samples), candidate(samples));
}

Promotion judge(TaskModel* incumbent, const GradesOf& candidate, const TrainingData& data,
                const RetrainingRequest& request) {
    if (!incumbent)
        return {
            true,
            "",
            0,
            0,
            0,
            0,
            {},
            {},
            request.serving.empty() ? "no model serves" : "the serving model has other classes"};
    auto promotion =
        judge_promotion(compared(*incumbent, candidate, *data.held_out),
                        compared(*incumbent, candidate, *data.check), request.promotion);
    promotion.against = request.serving;
    return promotion;
}

TrainingData load(const Store& store, const RetrainingRequest& request, TaskModel* incumbent) {
    TrainingDataRequest wish;
    wish.stream = request.stream;
    wish.classes = request.classes;
    wish.fresh_windows = request.fresh_windows;
    wish.memory_before = request.window < 0 ? 0 : request.window;
    wish.exemplars = request.exemplars;
    wish.memory = request.memory;
    if (incumbent)
        wish.features = [incumbent](const Samples& samples) {
            return incumbent->features(samples);
        };
    wish.held_out = request.held_out;
    wish.check_windows = request.window < 0 ? 0 : request.check_windows;
    wish.seed = request.seed;
    auto data = load_training_data(store, wish);
    if (data.fresh->empty() && data.exemplars->empty())
        throw InputError("stream " + request.stream +
                         ": no labelled sample of a known class to train on");
    return data;
}

/// A parent must answer in the same classes, or in the first of them, or its head means something
/// else.
void start_from_parent(const Store& store, const RetrainingRequest& request, TrainingJob& job) {
    const auto& owner = request.parent_stream.empty() ? request.stream : request.parent_stream;
    const ModelCard parent = store.model(owner, request.parent);
    if (!continues(parent.classes, request.classes))
        throw InputError("stream " + request.stream + ": model " + parent.id +
                         (owner == request.stream ? "" : " of stream " + owner) +
                         " was trained for other classes; ekya-train --fit-classes takes those out "
                         "that the list no longer names");
    job.architecture = parent.architecture;
    job.start_architecture = parent.architecture;
    job.start_weights = store.weights_file(owner, parent.id);
    job.distillation = request.distillation;
    job.min_score = parent.min_score;
}

/// Whose frames say how the network sees frames.
WindowManifest newest_window(const Store& store, const RetrainingRequest& request) {
    if (!request.fresh_windows.empty())
        return store.window(request.stream, request.fresh_windows.back());
    const auto windows = store.windows(request.stream);
    return windows.empty() ? WindowManifest{} : store.window(request.stream, windows.back());
}

TrainingJob job_for(const Store& store, const RetrainingRequest& request,
                    const TrainingData& data) {
    TrainingJob job;
    job.start_weights = request.start_weights;
    if (request.parent.empty()) {
        const auto window = newest_window(store, request);
        job.architecture = task_of(window).fitted(request.architecture, window);
    } else {
        start_from_parent(store, request, job);
    }
    job.architecture.classes = static_cast<int>(request.classes.size());
    job.architecture.head_width = request.config.head_width;
    job.class_names = request.classes;
    job.config = request.config;
    job.augmentation = request.augmentation;
    job.precision = request.precision;
    job.constant_learning_rate = request.constant_learning_rate;
    job.device = request.device;
    job.seed = request.seed;
    job.fresh = data.fresh.get();
    job.exemplars = data.exemplars.get();
    job.held_out = data.held_out.get();
    job.measure_bfloat16 = true;
    return job;
}

TrainingHooks hooks_for(const RetrainingRequest& request, const std::string& model,
                        const RetrainingHooks& hooks) {
    TrainingHooks result;
    result.between_batches = hooks.between_batches;
    result.accuracy_every_epoch = hooks.accuracy_every_epoch;
    result.finish = hooks.finish;
    result.prepared = hooks.prepared;
    result.leave = hooks.leave;
    result.state_file = hooks.state_file;
    const auto progress = [&request, model](const EpochReport& r) {
        return RetrainingProgress{request.stream, model,  request.window,  r.epoch,
                                  r.epochs,       r.loss, r.learning_rate, r.held_out_accuracy,
                                  r.seconds};
    };
    if (hooks.on_epoch)
        result.on_epoch = [&hooks, progress](const EpochReport& r) { hooks.on_epoch(progress(r)); };
    if (hooks.epochs_to_run)
        result.epochs_to_run = [&hooks, progress](const EpochReport& r) {
            return hooks.epochs_to_run(progress(r));
        };
    return result;
}

}  // namespace

std::string model_id(int window, const RetrainingConfig& config) {
    if (window < 0) return "base";
    return "w" + window_number(window) + "-" + config.name();
}

ModelCard retrain(const Store& store, const RetrainingRequest& request,
                  const RetrainingHooks& hooks) {
    auto incumbent = incumbent_of(store, request);
    const TrainingData data = load(store, request, incumbent.get());
    const TrainingJob job = job_for(store, request, data);
    const Task& task = task_named(job.architecture.task);
    ModelCard card;
    card.id = model_id(request.window, request.config);
    auto [outcome, model] = with_context(
        "stream " + request.stream, [&] { return train(job, hooks_for(request, card.id, hooks)); });
    card.stream = request.stream;
    card.window = request.window;
    card.architecture = job.architecture;
    card.preprocess = task.preprocess(newest_window(store, request), card.architecture);
    card.classes = request.classes;
    card.config = request.config;
    if (outcome.epochs < request.config.epochs) card.epochs_run = outcome.epochs;
    card.parent = request.parent;
    if (request.parent_stream != request.stream) card.parent_stream = request.parent_stream;
    card.distillation = job.distillation;
    card.mixed_precision = outcome.mixed_precision;
    card.data_windows = data.windows;
    card.labels = outcome.samples_used;
    card.exemplars = outcome.exemplars_used;
    card.held_out = static_cast<int>(data.held_out->labels_in_all());
    card.accuracy = outcome.accuracy;
    card.bfloat16_accuracy = outcome.bfloat16_accuracy;
    const double before_choice = device_seconds(request.device);
    card.min_score = task.min_score(model, {data.fresh.get(), data.exemplars.get()});
    if (card.min_score && card.accuracy) {
        card.accuracy = score_of(task.grades(model, *data.held_out, card.min_score));
        // What bfloat16 loses was measured where the parent's answers begin.
        if (card.bfloat16_accuracy)
            card.bfloat16_accuracy =
                std::clamp(*card.accuracy + *card.bfloat16_accuracy - *outcome.accuracy, 0.0, 1.0);
    }
    outcome.device_seconds += device_seconds(request.device) - before_choice;
    card.parent_accuracy = outcome.parent_accuracy;
    if (request.window >= 0)
        card.promotion = judge(
            incumbent.get(),
            [&, trained = &model](const Samples& samples) {
                return task.grades(*trained, samples, card.min_score);
            },
            data, request);
    card.final_loss = outcome.final_loss;
    card.device_seconds = outcome.device_seconds;
    card.seconds = outcome.seconds;
    card.seed = request.seed;
    card.parameters = outcome.parameters;
    card.macs = multiply_accumulates(card.architecture);
    return store.write_model(std::move(card),
                             [&trained = model](const auto& path) { trained.save(path); });
}

StartChoice choose_start(const Store& store, const RetrainingRequest& request,
                         WarmStart warm_start) {
    const StartChoice serving{request.stream, request.serving, {}};
    if (warm_start == WarmStart::off || request.fresh_windows.empty() || request.serving.empty())
        return serving;
    const ModelCard card = store.model(request.stream, request.serving);
    const int newest = request.fresh_windows.back();
    if (card.classes != request.classes ||
        std::find(card.data_windows.begin(), card.data_windows.end(), newest) !=
            card.data_windows.end())
        return serving;
    TrainingDataRequest wish;
    wish.stream = request.stream;
    wish.classes = request.classes;
    wish.fresh_windows = {newest};
    wish.exemplars = 0;
    wish.seed = request.seed;
    const auto sample = evaluation_sample(load_training_data(store, wish), 128);
    const auto model = load_model(store, request.stream, card.id, request.device);
    StartRequest start{request.stream, request.classes, request.window, request.serving,
                       warm_start};
    start.device = request.device;
    return choose_start(store, start, *model, *sample);
}

Promotion judge_stored(const Store& store, const RetrainingRequest& request,
                       const ModelCard& card) {
    const auto incumbent = incumbent_of(store, request);
    const auto candidate = load_model(store, card.stream, card.id, request.device);
    return judge(
        incumbent.get(), [&](const Samples& samples) { return candidate->grades(samples); },
        load(store, request, incumbent.get()), request);
}

}  // namespace ekya
