// ekya-loop: all retraining windows of a stream list, live, once with each policy.
//   in: ekya.streams/1, video      out: a table; ekya.results/1 and everything else into the store
//   stderr: messages
#include <charconv>
#include <cmath>
#include <sstream>

#include "ekya/cli/live_options.hpp"
#include "ekya/cli/policy_options.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "ekya/store/store_lock.hpp"
#include "ekya/window/clear_away.hpp"
#include "ekya/window/experiment.hpp"
#include "ekya/wire/stream_list.hpp"

namespace {

struct Options {
    ekya::cli::LiveToolOptions live;
    int windows = 0, retrain_every = 1;
    std::string policies = "best", pace = "1";
    bool restart = false;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.live);
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
    app.add_option("--policy", o.policies, "P[,P...]: run one after the other")
        ->check(ekya::cli::suggest_policies())
        ->capture_default_str()
        ->group("Planning");
    app.add_flag("--restart", o.restart,
                 "begin policies' runs that were interrupted anew, and delete what they left "
                 "(default: they go on)");
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

/// What the results depend on; where jobs run is no part of it.
std::map<std::string, std::string> settings_of(const Options& o) {
    const auto& window = o.live.window;
    const auto& stages = window.stages;
    const auto& base = o.live.base;
    return {{"list", ekya::sha256_of(window.streams.list)},
            {"streams", joined(window.streams.ids)},
            {"window", ekya::to_text(o.live.seconds)},
            {"bootstrap", std::to_string(base.windows)},
            {"windows", std::to_string(o.windows)},
            {"retrain_every", std::to_string(o.retrain_every)},
            {"fraction", ekya::to_text(stages.fraction)},
            {"pace", ekya::to_text(stages.pace)},
            {"seed", std::to_string(stages.seed)},
            {"network", base.network + " " + ekya::to_text(base.width.value_or(0.25)) + " " +
                            std::to_string(base.place_width.value_or(32)) + " " +
                            std::to_string(base.input_size.value_or(base.crop_size))},
            {"base", std::to_string(base.epochs.value_or(0)) + " " +
                         ekya::to_text(base.learning_rate.value_or(0)) + " " +
                         ekya::to_text(base.fraction)},
            {"objects", joined(o.live.ingest_options)},
            {"teacher", stages.teacher},
            {"options", joined(stages.label_options) + joined(stages.profile_options) +
                            joined(stages.train_options)},
            {"exemplars", std::to_string(stages.exemplars.value_or(600))},
            {"configs", stages.configs.empty() ? "" : ekya::sha256_of(stages.configs)},
            {"uniform_config",
             window.uniform_config.empty() ? "" : ekya::sha256_of(window.uniform_config)},
            {"gpus", ekya::to_text(window.gpus)},
            {"min_accuracy", ekya::to_text(window.min_accuracy)},
            {"quantum", ekya::to_text(window.policies.thief.quantum)},
            {"profile_budget", window.profile_budget},
            {"device", stages.device + " " + std::to_string(stages.threads)}};
}

ekya::ExperimentOptions experiment_options(const Options& o) {
    const auto& window = o.live.window;
    ekya::ExperimentOptions experiment;
    experiment.store = std::filesystem::absolute(window.store.store);
    for (const auto& stream :
         ekya::select_streams(ekya::read_stream_list(window.streams.list), window.streams.ids))
        experiment.streams.push_back(stream.id);
    experiment.fraction = window.stages.fraction;
    experiment.settings = settings_of(o);
    experiment.restart = o.restart;
    experiment.base = o.live.base;
    experiment.base.streams = experiment.streams;
    auto& row = experiment.row;
    row.programs = ekya::cli::program_options(o.live, experiment.store);
    row.first_window = o.live.base.windows;
    row.windows = o.windows;
    row.retrain_every = o.retrain_every;
    return experiment;
}

std::vector<ekya::ExperimentPolicy> policies_of(const Options& o, const ekya::Boxes& boxes) {
    std::vector<ekya::ExperimentPolicy> policies;
    std::istringstream texts(o.policies);
    std::string text;
    while (std::getline(texts, text, ',')) {
        ekya::ExperimentPolicy policy{text, ekya::cli::window_options(o.live.window, text, boxes)};
        policy.inference_only = !policy.window.plan.policy.policy->retrains;
        policies.push_back(std::move(policy));
    }
    if (policies.empty()) throw ekya::ConfigError("--policy: names no policy");
    return policies;
}

void run(const Options& given, ekya::cli::Context& context) {
    Options o = given;
    o.live.window.stages.pace = pace_of(o.pace);
    ekya::cli::complete(o.live);
    ekya::Boxes boxes(o.live.window.boxes, [&](const std::string& text) { context.warn(text); });
    const auto policies = policies_of(o, boxes);
    ekya::cli::require_golden_model(o.live);
    auto options = experiment_options(o);
    options.base.at_once = boxes.at_once();
    options.row.on_cpu = boxes.on_cpu();
    const auto streams = options.streams.size();
    const ekya::StoreLock lock(options.store, "ekya-loop");
    ekya::clear_away(options.store, boxes);

    ekya::SystemClock clock;
    const auto say = [&](const std::string& text) { context.say(text); };
    const auto results_file = (options.store / "results.json").string();
    say("bootstrap: base models of " + std::to_string(streams) + " streams from " +
        std::to_string(o.live.base.windows) + " windows of " + ekya::to_text(o.live.seconds) +
        " s");
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
