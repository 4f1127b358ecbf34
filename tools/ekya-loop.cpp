// ekya-loop: all retraining windows of a stream list, live, once with each policy.
//   in: ekya.streams/1, video      out: a table; ekya.results/1 and everything else into the store
//   stderr: messages
#include <charconv>
#include <cmath>
#include <sstream>

#include "ekya/cli/run_tool.hpp"
#include "ekya/cli/window_options.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/store/store_lock.hpp"
#include "ekya/window/experiment.hpp"
#include "ekya/wire/stream_list.hpp"

namespace {

struct Options {
    ekya::cli::WindowToolOptions window;
    ekya::BaseModelOptions base;
    double seconds = 200, base_fraction = -1;
    int windows = 0, retrain_every = 1;
    std::string policies = "best", pace = "1", objects = "auto";
    std::vector<std::string> ingest_options;
};

void add_base_model(CLI::App& app, Options& o) {
    const std::string group = "Base model";
    app.add_option("--base-epochs", o.base.epochs, "epochs of the base model's training")
        ->check(CLI::Range(1, 10000))
        ->capture_default_str()
        ->group(group);
    app.add_option("--base-learning-rate", o.base.learning_rate, "its learning rate")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group(group);
    app.add_option("--base-fraction", o.base_fraction,
                   "part of the bootstrap windows' objects that is labelled [as --fraction]")
        ->check(CLI::Range(0.0, 1.0))
        ->group(group);
    app.add_option("--network", o.base.network, "resnet18, mobilenet_v2 or shufflenet_v2")
        ->check(CLI::IsMember({"resnet18", "mobilenet_v2", "shufflenet_v2"}))
        ->capture_default_str()
        ->group(group);
    app.add_option("--width", o.base.width, "width multiplier of the network")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group(group);
    app.add_option("--place-width", o.base.place_width,
                   "neurons of its head that see where in the frame an object is, 0 = none")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group(group);
}

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.window);
    app.add_option("--window", o.seconds, "length of a retraining window in seconds of video")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--bootstrap", o.base.windows,
                   "the base model is trained on the first N windows, which are not scored")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--windows", o.windows,
                   "stop after N scored windows, 0 = at the end of the video")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app.add_option("--retrain-every", o.retrain_every,
                   "retrain regularly in every N-th window after the bootstrap, with the labels of "
                   "all N; in the others only streams that have drifted (see ekya-profile --help)")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    app.add_option("--pace", o.pace, "realtime, or seconds of video per second")
        ->capture_default_str();
    app.add_option("--policy", o.policies,
                   "P[,P...]: best, thief, uniform, none or any other that ekya-schedule --help "
                   "names; run one after the other")
        ->capture_default_str()
        ->group("Planning");
    app.add_option("--crop-size", o.base.crop_size,
                   "side of the object crops and of the network's input, pixels")
        ->check(CLI::Range(16, 224))
        ->capture_default_str()
        ->group("Stages");
    app.add_option("--objects", o.objects, "where boxes come from (see ekya-ingest --help)")
        ->capture_default_str()
        ->group("Stages");
    app.add_option("--ingest-option", o.ingest_options,
                   "further option for ekya-ingest, repeatable, e.g. "
                   "--ingest-option=--keep-frames=jpg")
        ->allow_extra_args(false)
        ->group("Stages");
    add_base_model(app, o);
    ekya::cli::let_last_count(app);
    ekya::cli::describe(
        app,
        {"ekya.streams/1 and its videos",
         "a table; in the store ekya.results/1 (results.json), bootstrap/ with the base models, "
         "and a store for each policy",
         "ekya-loop --streams streams.json --store results --window 30 --policy none,best",
         "Ekya, NSDI 2022, section 6"});
}

double pace_of(const std::string& text) {
    if (text == "realtime") return 1;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !(value > 0) ||
        !std::isfinite(value))
        throw ekya::ConfigError("--pace: realtime or a positive number is needed");
    return value;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += word + "\n";
    return text;
}

std::string text_of(double value) {
    std::ostringstream text;
    text << value;
    return text.str();
}

/// What the results depend on; where jobs run is no part of it.
std::map<std::string, std::string> settings_of(const Options& o) {
    const auto& stages = o.window.stages;
    const auto& base = o.base;
    return {
        {"list", ekya::sha256_of(o.window.streams.list)},
        {"streams", joined(o.window.streams.ids)},
        {"window", text_of(o.seconds)},
        {"bootstrap", std::to_string(base.windows)},
        {"windows", std::to_string(o.windows)},
        {"retrain_every", std::to_string(o.retrain_every)},
        {"fraction", text_of(stages.fraction)},
        {"pace", text_of(stages.pace)},
        {"seed", std::to_string(stages.seed)},
        {"network", base.network + " " + text_of(base.width) + " " +
                        std::to_string(base.place_width) + " " + std::to_string(base.crop_size)},
        {"base", std::to_string(base.epochs) + " " + text_of(base.learning_rate) + " " +
                     text_of(base.fraction)},
        {"objects", o.objects + "\n" + joined(o.ingest_options)},
        {"teacher", stages.teacher},
        {"options", joined(stages.label_options) + joined(stages.profile_options) +
                        joined(stages.train_options)},
        {"exemplars", std::to_string(stages.exemplars)},
        {"configs", stages.configs.empty() ? "" : ekya::sha256_of(stages.configs)},
        {"uniform_config",
         o.window.uniform_config.empty() ? "" : ekya::sha256_of(o.window.uniform_config)},
        {"gpus", text_of(o.window.gpus)},
        {"min_accuracy", text_of(o.window.min_accuracy)},
        {"quantum", text_of(o.window.policies.thief.quantum)},
        {"profile_budget", o.window.profile_budget},
        {"device", stages.device + " " + std::to_string(stages.threads)}};
}

/// Puts the parts of the options together that stages and windows share.
ekya::ExperimentOptions experiment_options(const Options& o) {
    ekya::ExperimentOptions experiment;
    experiment.store = std::filesystem::absolute(o.window.store.store);
    for (const auto& stream :
         ekya::select_streams(ekya::read_stream_list(o.window.streams.list), o.window.streams.ids))
        experiment.streams.push_back(stream.id);
    experiment.fraction = o.window.stages.fraction;
    experiment.settings = settings_of(o);
    std::vector<std::string> ingest{"--objects", o.objects};
    ingest.insert(ingest.end(), o.ingest_options.begin(), o.ingest_options.end());
    auto& base = experiment.base;
    base = o.base;
    base.streams = experiment.streams;
    base.seconds = o.seconds;
    base.ingest_options = ingest;
    base.stages = o.window.stages;
    auto& row = experiment.row;
    row.seconds = o.seconds;
    row.first_window = o.base.windows;
    row.windows = o.windows;
    row.retrain_every = o.retrain_every;
    row.crop_size = o.base.crop_size;
    row.ingest_options = ingest;
    row.stages = o.window.stages;
    return experiment;
}

std::vector<ekya::ExperimentPolicy> policies_of(const Options& o, const ekya::Boxes& boxes) {
    std::vector<ekya::ExperimentPolicy> policies;
    std::istringstream texts(o.policies);
    std::string text;
    while (std::getline(texts, text, ',')) {
        ekya::ExperimentPolicy policy{text, ekya::cli::window_options(o.window, text, boxes)};
        policy.inference_only = !policy.window.plan.policy.policy->retrains;
        policies.push_back(std::move(policy));
    }
    if (policies.empty()) throw ekya::ConfigError("--policy: names no policy");
    return policies;
}

void run(const Options& given, ekya::cli::Context& context) {
    Options o = given;
    o.window.stages.pace = pace_of(o.pace);
    o.base.fraction = o.base_fraction >= 0 ? o.base_fraction : o.window.stages.fraction;
    ekya::cli::complete(o.window);
    ekya::Boxes boxes(o.window.boxes, [&](const std::string& text) { context.warn(text); });
    const auto policies = policies_of(o, boxes);
    auto options = experiment_options(o);
    options.base.at_once = boxes.at_once();
    options.row.on_cpu = boxes.on_cpu();
    const auto streams = options.streams.size();
    const ekya::StoreLock lock(options.store, ".loop.lock", "ekya-loop");

    ekya::SystemClock clock;
    const auto say = [&](const std::string& text) { context.say(text); };
    const auto results_file = (options.store / "results.json").string();
    say("bootstrap: base models of " + std::to_string(streams) + " streams from " +
        std::to_string(o.base.windows) + " windows of " + text_of(o.seconds) + " s");
    ekya::Experiment experiment(std::move(options), boxes, clock,
                                ekya::cli::Context::check_interrupted, say);
    experiment.bootstrap();
    for (const auto& policy : policies) experiment.run(policy);
    const auto results = experiment.results(policies);
    auto output = context.output({});
    for (const auto& line : ekya::results_table(results)) output.write_line(line);
    output.commit();
    say("results: " + results_file + "; each policy's records, models and logs lie beside it");
    for (const auto& [stream, why] : experiment.failed()) context.stream_failed(stream, why);
    context.finish(streams);
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-loop",
        "Train base models, then serve all streams live while retraining windows run, once with "
        "each policy.",
        argc, argv, add_options, run);
}
