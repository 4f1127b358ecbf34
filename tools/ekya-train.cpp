// ekya-train: retrain one stream's model.
//   in: windows and labels of the store, ekya.plan/1      out: ekya.progress/1, then ekya.model/1
//   stderr: messages, progress
#include <algorithm>
#include <limits>
#include <optional>

#include "ekya/cli/progress.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/cli/takeover.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/device/device.hpp"
#include "ekya/device/epoch_pacer.hpp"
#include "ekya/device/share_governor.hpp"
#include "ekya/learn/fit_classes.hpp"
#include "ekya/learn/retraining.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/nn/weights.hpp"
#include "ekya/task/task.hpp"
#include "ekya/task/training_data.hpp"
#include "ekya/wire/stream_list.hpp"

namespace {

struct Options {
    ekya::cli::StreamOptions streams;
    ekya::cli::StoreOptions store;
    ekya::cli::SeedOptions seed;
    ekya::cli::InputOutput io;
    ekya::cli::DeviceOptions device;
    ekya::RetrainingRequest job;
    // What users do not give is what the task says.
    std::optional<int> epochs, batch_size, exemplars, place_width, input_size;
    std::optional<double> learning_rate, width;
    std::string layers = "all", plan, start_weights, promote = "guarded",
                exemplar_choice = "random", warm_start = "own", precision = "auto";
    int window = -1, base = 0, fresh_windows = 1;
    double finish_by = 0;
    bool replace = false, serve = false, enforced = false, fit_classes = false;
};

void add_config_options(CLI::App& app, Options& o) {
    app.add_option("--epochs", o.epochs,
                   "passes over the data (default: 15; for a base model of detection 100)")
        ->check(CLI::Range(1, 10000))
        ->group("Configuration");
    app.add_option("--batch-size", o.batch_size,
                   "samples of a step (default: 32 crops, or 4 frames)")
        ->check(CLI::Range(2, 65536))
        ->group("Configuration");
    app.add_option("--head-width", o.job.config.head_width,
                   "neurons of a hidden layer before the classifier, 0 = none")
        ->check(CLI::Range(0, ekya::limits::head_width))
        ->capture_default_str()
        ->group("Configuration");
    app.add_option("--layers", o.layers, "layers trained: head, last_stage or all")
        ->check(CLI::IsMember({"head", "last_stage", "all"}))
        ->capture_default_str()
        ->group("Configuration");
    app.add_option("--data-fraction", o.job.config.data_fraction,
                   "part of labels and exemplars used, in (0, 1]")
        ->check(CLI::Range(1e-6, 1.0))
        ->capture_default_str()
        ->group("Configuration");
    app.add_option(
           "--learning-rate", o.learning_rate,
           "at the start; falls along a half cosine (default: 0.02; of detection 0.05, for a "
           "base model 0.1)")
        ->check(CLI::PositiveNumber)
        ->group("Configuration");
    app.add_option(
           "--plan", o.plan,
           "ekya.plan/1 file that gives configuration and, without --share, the share instead")
        ->group("Configuration");
    app.add_flag("--enforced", o.enforced,
                 "the shares of the plan are held from outside, e.g. by ekya-run: this program "
                 "limits and tells none")
        ->group("Configuration");
}

void add_promotion_options(CLI::App& app, Options& o) {
    app.add_option(
           "--promote", o.promote,
           "guarded: a model that is worse than the serving one on held-out fresh labels, or "
           "forgets too much of earlier windows, is stored but does not serve; "
           "worse = it loses so many of the crops on which the two differ that an equal one would "
           "lose them with at most --worse-probability (sign test); always: it serves")
        ->check(CLI::IsMember({"guarded", "always"}))
        ->capture_default_str()
        ->group("Promotion");
    app.add_option("--against", o.job.serving,
                   "model it is compared with (default: the serving one)")
        ->group("Promotion");
    app.add_option("--worse-probability", o.job.promotion.worse_probability,
                   "in (0, 0.5]; the larger, the more models are refused")
        ->check(CLI::Range(1e-9, 0.5))
        ->capture_default_str()
        ->group("Promotion");
    app.add_option("--most-forgetting", o.job.promotion.most_forgetting,
                   "accuracy it may lose on earlier windows' held-out labels; a larger fall that "
                   "passes the same test refuses it")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str()
        ->group("Promotion");
    app.add_option(
           "--check-windows", o.job.check_windows,
           "newest earlier windows whose held-out labels are not trained on but kept for that")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Promotion");
}

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.streams);
    ekya::cli::add(app, o.store);
    ekya::cli::add(app, o.seed);
    ekya::cli::add_output(app, o.io);
    ekya::cli::add(app, o.device);
    add_config_options(app, o);
    app.add_option(
           "--window", o.window,
           "the retraining window this runs in; learns from the labels of the window before")
        ->check(CLI::NonNegativeNumber)
        ->group("Data");
    app.add_option("--fresh-windows", o.fresh_windows,
                   "newest windows whose labels are learned from in full, as far as they came "
                   "after what the serving model knows; earlier ones give exemplars")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Data");
    app.add_option("--base", o.base,
                   "train a base model instead, on the first N windows that have labels")
        ->excludes("--fresh-windows")
        ->check(CLI::PositiveNumber)
        ->group("Data");
    app.add_flag("--fit-classes", o.fit_classes,
                 "train nothing: where the list no longer names all classes of the serving model, "
                 "or in another order, store it anew with the outputs of those that are left, and "
                 "serve that")
        ->excludes("--base")
        ->group("Data");
    app.add_option("--parent", o.job.parent,
                   "model to start from (default: the serving one; base models start at random)")
        ->check(ekya::cli::refuse_bad_name)
        ->group("Data");
    app.add_option("--parent-stream", o.job.parent_stream,
                   "stream whose model --parent is (default: this one)")
        ->check(ekya::cli::refuse_bad_name)
        ->group("Data");
    app.add_option("--warm-start", o.warm_start,
                   "whose models may be started from instead of the serving one: off, own (the "
                   "stream's earlier ones), all (other streams' too); what the plan says, "
                   "without --plan one that answers the newest labels better by more than noise")
        ->check(CLI::IsMember({"off", "own", "all"}))
        ->capture_default_str()
        ->group("Data");
    app.add_option("--augmentation", o.job.augmentation,
                   "how strongly crops are shifted, zoomed, mirrored and lit at random; 0 = not at "
                   "all, 1 = as usual")
        ->check(CLI::Range(0.0, 2.0))
        ->capture_default_str()
        ->group("Configuration");
    app.add_flag("--constant-learning-rate", o.job.constant_learning_rate,
                 "no warm-up, no half-cosine fall")
        ->group("Configuration");
    app.add_option(
           "--distillation", o.job.distillation,
           "weight of staying near the answers of the model it starts from, in [0, 1); 0 = off")
        ->check(CLI::Range(0.0, 0.99))
        ->capture_default_str()
        ->group("Configuration");
    app.add_option(
           "--precision", o.precision,
           "full: all in float; mixed: convolutions and matrix products in bfloat16, if the device "
           "multiplies that itself; auto: mixed for ResNets where it does (CPUs with AVX512-BF16, "
           "NVIDIA since Ampere), which then takes half to four fifths of the time")
        ->check(CLI::IsMember({"auto", "full", "mixed"}))
        ->capture_default_str()
        ->group("Configuration");
    app.add_option(
           "--exemplars", o.exemplars,
           "samples of earlier windows mixed in, at most (default: 600 crops, or 20 frames)")
        ->check(CLI::NonNegativeNumber)
        ->group("Data");
    app.add_option("--exemplar-bytes", o.job.memory.bytes,
                   "bytes of their pixels, at most; 0 = what so many crops take (600 of 32 x 32 "
                   "pixels: 1.8 MB)")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Data");
    app.add_option("--exemplar-choice", o.exemplar_choice,
                   "which crops of a class are remembered: random, herding (nearest to the class's "
                   "mean feature) or recent")
        ->check(CLI::IsMember({"random", "herding", "recent"}))
        ->capture_default_str()
        ->group("Data");
    app.add_option("--exemplars-from", o.job.memory.from_window,
                   "windows before this one are forgotten")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Data");
    app.add_option("--held-out", o.job.held_out,
                   "part of the uniformly drawn fresh labels kept for the measured accuracy")
        ->check(CLI::Range(0.0, 0.9))
        ->capture_default_str()
        ->group("Data");
    app.add_option(
           "--network", o.job.architecture.network,
           "a base model's network: resnet18, mobilenet_v2, shufflenet_v2; of detection also "
           "fastestdet, the published one (with --start-weights FastestDet.onnx)")
        ->check(CLI::IsMember(ekya::network_names("detection")))
        ->capture_default_str()
        ->group("Network");
    app.add_option("--finish-by", o.finish_by,
                   "Unix time by which all must be done: if not all epochs fit, fewer are run, "
                   "with a learning rate that falls in time; SIGUSR1 ends the training at once. "
                   "What there is then is judged, stored and served like any other model")
        ->check(CLI::PositiveNumber)
        ->group("Result");
    app.add_option("--start-weights", o.start_weights,
                   "file that a base model starts from: torchvision's tensors as "
                   "torch.save(model.state_dict(), FILE) or TorchScript leave them; another head "
                   "is left out")
        ->check(CLI::ExistingFile)
        ->group("Network");
    app.add_option("--width", o.width,
                   "width multiplier of a base model's network (default: 0.25; of detection 0.125)")
        ->check(CLI::PositiveNumber)
        ->group("Network");
    app.add_option("--place-width", o.place_width,
                   "neurons of its head that see where in the frame an object is and how large, 0 "
                   "= none: the crop alone (default: 32; detection has none)")
        ->check(CLI::Range(0, 65536))
        ->group("Network");
    app.add_option("--input-size", o.input_size,
                   "side of its input in pixels (default: 32); of detection its width, the height "
                   "is as the frames have it (default: 320, or the frame's)")
        ->check(CLI::Range(16, 2048))
        ->group("Network");
    app.add_flag("--replace", o.replace,
                 "train anew if the store has this model already (default: report it)")
        ->group("Result");
    app.add_flag("--serve", o.serve,
                 "make the result the stream's serving model, if it is promoted")
        ->group("Result");
    add_promotion_options(app, o);
    ekya::cli::describe(
        app,
        {"windows and labels of the store; ekya.plan/1 (--plan)",
         "ekya.progress/1 for each epoch, then ekya.model/1; the model in the store",
         "ekya-train --streams streams.json --store ekya-data --stream a --window 4 --epochs 15",
         "Ekya, NSDI 2022, sections 3.1 and 5"});
}

/// Takes from the plan where the retraining starts and what it forgets.
void apply_start(Options& o, const ekya::PlannedRetraining& planned) {
    o.job.memory.from_window = std::max(o.job.memory.from_window, planned.start.exemplars_from);
    const bool allowed =
        o.warm_start == "all" || (o.warm_start == "own" && planned.start.stream.empty());
    if (!o.job.parent.empty() || !allowed) return;
    o.job.parent = planned.start.model;
    o.job.parent_stream = planned.start.stream;
}

/// Takes configuration and shares from the plan. @return false if the plan does not retrain this
/// stream
bool apply_plan(Options& o, const std::string& stream) {
    const auto plan = ekya::read_record<ekya::Plan>(o.plan);
    for (const auto& entry : plan.streams) {
        if (entry.stream != stream) continue;
        // A reference policy may name a retraining that never gets a share.
        if (!entry.retraining || entry.retraining->share == 0) return false;
        o.job.config = entry.retraining->config;
        o.layers = ekya::to_string(o.job.config.layers);
        if (!o.enforced && o.device.share <= 0) o.device.share = entry.retraining->share;
        apply_start(o, *entry.retraining);
        if (o.window < 0) o.window = plan.window;
        return true;
    }
    throw ekya::InputError(o.plan + ": /streams: has no stream \"" + stream + "\"");
}

/// Of the stream's windows.
const ekya::Task& task_of(const ekya::Store& store, const std::string& stream) {
    const auto windows = store.windows(stream);
    return windows.empty() ? ekya::task_named("classification")
                           : ekya::task_of(store.window(stream, windows.back()));
}

/// What the user gives, else what the task says.
void complete_from(const ekya::TaskDefaults& defaults, Options& o) {
    auto& config = o.job.config;
    auto& architecture = o.job.architecture;
    if (o.plan.empty()) {
        const auto& usual = o.base > 0 ? defaults.base : defaults.config;
        config.epochs = o.epochs.value_or(usual.epochs);
        config.batch_size = o.batch_size.value_or(usual.batch_size);
        config.learning_rate = o.learning_rate.value_or(usual.learning_rate);
    }
    const std::string network = architecture.network;
    architecture = defaults.architecture;
    architecture.network = network;
    architecture.width = o.width.value_or(architecture.width);
    architecture.place_width = o.place_width.value_or(architecture.place_width);
    architecture.input_size = o.input_size.value_or(architecture.input_size);
    o.job.exemplars = o.exemplars.value_or(defaults.exemplars);
}

void complete_job(Options& o, const ekya::StreamSource& stream, const ekya::Store& store) {
    o.job.stream = stream.id;
    complete_from(task_of(store, stream.id).defaults(o.job.architecture.network), o);
    o.job.classes = stream.classes;
    o.job.seed = o.seed.seed;
    o.job.config.layers = ekya::trained_layers_from(o.layers);
    if (!o.start_weights.empty()) {
        if (o.base <= 0 || !o.job.parent.empty())
            throw ekya::ConfigError(
                "--start-weights: only for a base model (--base) without --parent");
        o.job.start_weights = o.start_weights;
    }
    o.job.precision = ekya::precision_from(o.precision);
    o.job.memory.choice = ekya::exemplar_choice_from(o.exemplar_choice);
    o.job.promotion.always = o.promote == "always";
    // Held-out labels of earlier windows are then free to be learned from.
    if (o.job.promotion.always) o.job.check_windows = 0;
    if (o.base > 0) {
        o.job.window = -1;
        o.job.fresh_windows = ekya::first_labelled_windows(store, stream.id, o.base);
        if (static_cast<int>(o.job.fresh_windows.size()) < o.base)
            throw ekya::InputError(
                "stream " + stream.id + ": " + std::to_string(o.job.fresh_windows.size()) +
                " windows in the store have labels that can be used, --base needs " +
                std::to_string(o.base));
        return;
    }
    if (o.job.parent.empty() && !o.job.parent_stream.empty())
        throw ekya::ConfigError("--parent-stream: --parent is needed with it");
    if (o.window < 1)
        throw ekya::ConfigError(
            "--window: 1 or more is needed (its training data is the window before), or --base");
    o.job.window = o.window;
    const auto serving = store.serving(stream.id).value_or("");
    if (o.job.serving.empty()) o.job.serving = serving;
    if (o.job.parent.empty()) o.job.parent = serving;
    if (o.job.parent.empty())
        throw ekya::InputError("stream " + stream.id +
                               ": no serving model to start from; train one with --base N");
    // A model from elsewhere has seen none of this stream's windows, so what would be replaced
    // decides.
    o.job.fresh_windows = o.job.serving.empty()
                              ? std::vector<int>{o.window - 1}
                              : ekya::windows_new_to(store.model(stream.id, o.job.serving), store,
                                                     stream.id, o.window, o.fresh_windows);
}

/// Without a plan that has looked at the newest labels, they are looked at here.
void choose_start(Options& o, const ekya::Store& store, ekya::cli::Context& context) {
    const auto start = ekya::choose_start(store, o.job, ekya::warm_start_from(o.warm_start));
    if (start.stream == o.job.stream && start.model == o.job.serving) return;
    o.job.parent = start.model;
    if (start.stream != o.job.stream) o.job.parent_stream = start.stream;
    context.info("stream " + o.job.stream + ": starts from " + start.model + " of stream " +
                 start.stream);
}

ekya::ModelCard train(const Options& o, const ekya::Store& store, ekya::cli::Output& output) {
    ekya::SystemClock clock;
    ekya::ShareGovernor governor(o.device.share, ekya::device_cores(), clock);
    ekya::cli::Progress progress("training " + o.job.stream, o.job.config.epochs);
    const double left =
        o.finish_by > 0 ? o.finish_by - ekya::run_time() : std::numeric_limits<double>::infinity();
    ekya::EpochPacer pacer(clock.now() + left, clock);
    ekya::RetrainingHooks hooks;
    hooks.epochs_to_run = [&](const ekya::RetrainingProgress& p) {
        return pacer.epochs_to_run(p.epoch, o.job.config.epochs, p.seconds);
    };
    hooks.finish = [&] { return ekya::cli::Context::finish_requested() || pacer.is_over(); };
    hooks.between_batches = [&] {
        ekya::cli::Context::check_interrupted();
        governor.throttle();
    };
    ekya::cli::Takeover takeover;
    if (takeover.is_offered()) {
        hooks.state_file = ekya::cli::Takeover::state_file();
        hooks.prepared = [&] { takeover.take(); };
        hooks.leave = [] { return ekya::cli::Context::signal() != 0; };
    }
    hooks.on_epoch = [&](const ekya::RetrainingProgress& p) {
        output.write(ekya::encode(p));
        progress.update(p.epoch, "loss " + std::to_string(p.loss));
    };
    try {
        return ekya::retrain(store, o.job, hooks);
    } catch (const ekya::HandedOver&) {
        ekya::cli::Context::check_interrupted();  // what asked for it ends this process
        throw;
    }
}

/// What became of the model: true if it may serve.
bool is_promoted(const Options& o, const ekya::ModelCard& card, const ekya::Store& store,
                 ekya::cli::Context& context) {
    // A model that serves already was promoted; against itself it cannot win.
    if (o.job.promotion.always || o.base > 0 || store.serving(card.stream) == card.id) return true;
    const auto promotion =
        card.promotion ? *card.promotion : ekya::judge_stored(store, o.job, card);
    if (!promotion.promoted)
        context.warn("stream " + card.stream + ": " + card.id +
                     " is not promoted: " + promotion.reason);
    return promotion.promoted;
}

void run(const Options& given, ekya::cli::Context& context) {
    Options o = given;
    ekya::cli::Context::accept_finish_requests();
    const auto streams =
        ekya::select_streams(ekya::read_stream_list(o.streams.list), o.streams.ids);
    if (streams.size() != 1)
        throw ekya::ConfigError("--stream: exactly one is trained at a time, " +
                                std::to_string(streams.size()) + " are chosen");
    const ekya::Store store(o.store.store);
    auto output = context.output(o.io);
    if (o.fit_classes) {
        const auto& stream = streams.front();
        if (const auto card = ekya::fit_classes(store, stream.id, stream.classes))
            output.write(ekya::encode(*card));
        else
            context.info("stream " + stream.id + ": its serving model has the list's classes");
        return output.commit();
    }
    if (!o.plan.empty() && !apply_plan(o, streams.front().id)) {
        context.info("stream " + streams.front().id + ": the plan does not retrain it");
        return output.commit();
    }
    complete_job(o, streams.front(), store);
    try {
        ekya::validate(o.job.config);
    } catch (const ekya::DomainError& e) {
        throw ekya::ConfigError("--" + std::string(e.what()));
    }
    o.job.device = ekya::resolve_device(o.device.device);
    ekya::set_threads(o.device.threads);

    const std::string id = ekya::model_id(o.job.window, o.job.config);
    const bool done = !o.replace && store.has_model(o.job.stream, id);
    if (!done && o.base == 0 && o.plan.empty() && given.job.parent.empty())
        choose_start(o, store, context);
    auto card = done ? store.model(o.job.stream, id) : train(o, store, output);
    if (done) context.info("stream " + card.stream + ": " + id + " is in the store already");
    if (card.epochs_run)
        context.info("stream " + card.stream + ": ended early, after " +
                     std::to_string(*card.epochs_run) + " of " +
                     std::to_string(card.config.epochs) + " epochs");
    // A window that is over takes no new model; one that was to be handed over is done instead.
    if (o.serve || !ekya::cli::Takeover().is_offered()) ekya::cli::Context::check_interrupted();
    if (o.serve && is_promoted(o, card, store, context)) {
        store.set_serving(card.stream, card.id);
    }
    if (o.job.promotion.always && card.promotion) card.promotion->promoted = true;
    output.write(ekya::encode(card));
    output.commit();
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-train",
        "Retrain one stream's model on its newest labels and exemplars of earlier ones.", argc,
        argv, add_options, run);
}
