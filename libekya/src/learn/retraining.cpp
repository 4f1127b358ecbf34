#include "ekya/learn/retraining.hpp"

#include <cstdio>

#include "ekya/core/errors.hpp"
#include "ekya/nn/training.hpp"
#include "ekya/nn/weights.hpp"
#include "ekya/store/training_data.hpp"

namespace ekya {
namespace {

TrainingData load(const Store& store, const RetrainingRequest& request) {
    TrainingDataRequest wish;
    wish.stream = request.stream;
    wish.classes = request.classes;
    wish.fresh_windows = request.fresh_windows;
    wish.memory_before = request.window < 0 ? 0 : request.window;
    wish.exemplars = request.exemplars;
    wish.held_out = request.held_out;
    wish.seed = request.seed;
    auto data = load_training_data(store, wish);
    if (data.fresh.empty() && data.exemplars.empty())
        throw InputError("stream " + request.stream + ": no labelled crop of a known class to train on");
    return data;
}

/// A parent must answer in the same classes, or its head means something else.
Architecture architecture_of(const Store& store, const RetrainingRequest& request) {
    Architecture architecture = request.architecture;
    if (!request.parent.empty()) {
        const ModelCard parent = store.model(request.stream, request.parent);
        if (parent.classes != request.classes)
            throw InputError("stream " + request.stream + ": model " + parent.id + " was trained for other classes");
        architecture = parent.architecture;
    }
    architecture.classes = static_cast<int>(request.classes.size());
    architecture.head_width = request.config.head_width;
    return architecture;
}

TrainingHooks hooks_for(const RetrainingRequest& request, const std::string& model, const RetrainingHooks& hooks) {
    TrainingHooks result;
    result.between_batches = hooks.between_batches;
    result.accuracy_every_epoch = hooks.accuracy_every_epoch;
    if (hooks.on_epoch)
        result.on_epoch = [&hooks, &request, model](const EpochReport& r) {
            hooks.on_epoch({request.stream, model, request.window, r.epoch, r.epochs, r.loss, r.learning_rate,
                            r.held_out_accuracy, r.seconds});
        };
    return result;
}

}  // namespace

Json encode_progress(const RetrainingProgress& p) {
    return {{"schema", "ekya.progress/1"}, {"stream", p.stream}, {"window", p.window}, {"model", p.model},
            {"epoch", p.epoch}, {"epochs", p.epochs}, {"loss", p.loss}, {"learning_rate", p.learning_rate},
            {"accuracy", p.accuracy ? Json(*p.accuracy) : Json(nullptr)}, {"seconds", p.seconds}};
}

std::string model_id(int window, const RetrainingConfig& config) {
    if (window < 0) return "base";
    char text[16];
    std::snprintf(text, sizeof text, "w%05d-", window);
    return text + config.name();
}

ModelCard retrain(const Store& store, const RetrainingRequest& request, const RetrainingHooks& hooks) {
    const TrainingData data = load(store, request);
    TrainingJob job;
    job.architecture = architecture_of(store, request);
    job.config = request.config;
    job.device = request.device;
    job.seed = request.seed;
    job.fresh = &data.fresh;
    job.exemplars = &data.exemplars;
    job.held_out = &data.held_out;
    job.start_weights = request.start_weights;
    if (!request.parent.empty()) job.start_weights = store.weights_file(request.stream, request.parent);

    ModelCard card;
    card.id = model_id(request.window, request.config);
    const auto [outcome, model] = with_context("stream " + request.stream, [&] { return train(job, hooks_for(request, card.id, hooks)); });
    card.stream = request.stream;
    card.window = request.window;
    card.architecture = job.architecture;
    card.classes = request.classes;
    card.config = request.config;
    card.parent = request.parent;
    card.data_windows = data.windows;
    card.labels = outcome.samples_used;
    card.exemplars = outcome.exemplars_used;
    card.held_out = static_cast<int>(data.held_out.count());
    card.accuracy = outcome.accuracy;
    card.parent_accuracy = outcome.parent_accuracy;
    card.final_loss = outcome.final_loss;
    card.device_seconds = outcome.device_seconds;
    card.seconds = outcome.seconds;
    card.seed = request.seed;
    card.parameters = outcome.parameters;
    card.macs = multiply_accumulates(card.architecture);
    return store.write_model(std::move(card), [&](const auto& path) { model.save(path); });
}

}  // namespace ekya
