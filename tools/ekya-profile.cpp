// ekya-profile: estimate what each retraining configuration would cost and gain.
//   in: windows, labels and models of the store; ekya.labels/1 (or --window)
//   out: ekya.planning-input/1 (--exhaustive: ekya.truth/1), JSON Lines; ekya.profile/1 and
//        ekya.truth/1 into the store      stderr: messages
#include <cmath>
#include <optional>

#include "ekya/cli/progress.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "ekya/device/share_governor.hpp"
#include "ekya/learn/exhaustive.hpp"
#include "ekya/learn/profiling.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/store/quarantine.hpp"
#include "ekya/task/task.hpp"
#include "ekya/wire/retraining_configs.hpp"
#include "ekya/wire/stream_list.hpp"

namespace {

struct Options {
    ekya::cli::StreamOptions streams;
    ekya::cli::StoreOptions store;
    ekya::cli::SeedOptions seed;
    ekya::cli::InputOutput io;
    ekya::cli::DeviceOptions device;
    ekya::ProfilingRequest request;
    std::string configs, truth_store, warm_start = "own", exemplar_choice = "random",
                                      precision = "auto";
    std::optional<int> exemplars;  // none: as the task says
    double start_hour = -1;
    bool no_drift = false;
    int window = -1;
    bool inference_only = false, exhaustive = false, no_prune = false;
};

/// What a retraining does with its stream's past, as in ekya-train.
void add_learning_options(CLI::App& app, Options& o) {
    auto& r = o.request;
    app.add_option("--exemplar-bytes", r.memory.bytes,
                   "bytes of their pixels, at most; 0 = what so many crops take")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Learning");
    app.add_option(
           "--exemplar-choice", o.exemplar_choice,
           "which crops of a class are remembered: random or recent; herding is profiled as random")
        ->check(CLI::IsMember({"random", "herding", "recent"}))
        ->capture_default_str()
        ->group("Learning");
    app.add_option("--distillation", r.distillation,
                   "weight of staying near the answers of the model a retraining starts from, in "
                   "[0, 1); 0 = off")
        ->check(CLI::Range(0.0, 0.99))
        ->capture_default_str()
        ->group("Learning");
    app.add_option("--precision", o.precision, "as in ekya-train: auto, full or mixed")
        ->check(CLI::IsMember({"auto", "full", "mixed"}))
        ->capture_default_str()
        ->group("Learning");
    app.add_option("--warm-start", o.warm_start,
                   "whose models are tried on the newest labels as start of a retraining: off, own "
                   "(the stream's earlier ones), all (other streams' too); "
                   "one is taken if it is better than the serving one by more than noise (sign "
                   "test at 0.05 / number tried)")
        ->check(CLI::IsMember({"off", "own", "all"}))
        ->capture_default_str()
        ->group("Learning");
    app.add_option("--earlier-models", r.earlier_models,
                   "of the stream, the most accurate ones, that are tried and recorded as cached")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Learning");
    app.add_flag("--no-drift", o.no_drift, "do not look for drift; nothing is forgotten")
        ->excludes("--only-drifted")
        ->group("Learning");
    app.add_option("--least-fall", r.drift.least_fall,
                   "fall of accuracy on fresh labels, since the model was promoted, that is drift")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str()
        ->group("Learning");
    app.add_option("--drift-probability", r.drift.probability, "that it is no noise, at least")
        ->check(CLI::Range(0.5, 0.999))
        ->capture_default_str()
        ->group("Learning");
    app.add_option("--start-hour", o.start_hour,
                   "hour of the day at which the streams began, in [0, 24), for the estimate's "
                   "scene (default: unknown)")
        ->check(CLI::Range(0.0, 23.9999))
        ->group("Learning");
}

void add_options(CLI::App& app, Options& o) {
    o.io.input = "";
    // A trial's learning rate falls over its epochs, so its last ones count most.
    o.request.options.min_samples = 0;
    o.request.options.epochs = 3;  // five told no more on rendered and on real video
    o.request.options.patience = 5;
    ekya::cli::add(app, o.streams);
    ekya::cli::add(app, o.store);
    ekya::cli::add(app, o.seed);
    ekya::cli::add(app, o.io);
    ekya::cli::add(app, o.device);
    app.get_option("--input")->description(
        "ekya.labels/1 records of the windows before those to be planned, - = stdin (default: "
        "--window of all streams)");
    app.add_option("--window", o.window,
                   "the window to be planned; labels and crops are of the window before")
        ->check(CLI::PositiveNumber);
    app.add_option("--configs", o.configs,
                   "ekya.configs/1 file (default: 18 configurations, epochs 5, 15, 30 x data 0.1, "
                   "0.5, 1 x layers head, all)")
        ->group("Profiling");
    app.add_option(
           "--fresh-windows", o.request.fresh_windows,
           "newest windows that a retraining learns from in full, as far as they came after what "
           "the deployed model knows; the model itself is measured on the last one")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Profiling");
    app.add_flag("--only-drifted", o.request.only_drifted,
                 "estimate retrainings only where the deployed model has drifted: for windows "
                 "between two regular retrainings")
        ->group("Profiling");
    app.add_flag("--inference-only", o.inference_only,
                 "no trials: only the deployed model's accuracy and the cost of inference")
        ->group("Profiling");
    app.add_flag(
           "--exhaustive", o.exhaustive,
           "no estimates: train every configuration for real and measure it on the window to be "
           "planned, whose labels must be there; goes into the store's truth/ for ekya-simulate "
           "--store. If the store has an estimate of the window, trainings start (as --warm-start "
           "allows) and remember as that says; --fresh-windows as for the estimate")
        ->group("Profiling");
    app.add_option("--truth-store", o.truth_store,
                   "store that holds the window to be planned with labels of all its objects "
                   "(default: --store)")
        ->needs("--exhaustive")
        ->group("Profiling");
    app.add_option("--repeats", o.request.repeats,
                   "with --exhaustive: trainings of each configuration, with seeds --seed, --seed "
                   "+ 1, ...; accuracy and cost are their means, accuracies lists each")
        ->check(CLI::Range(1, 1000))
        ->needs("--exhaustive")
        ->capture_default_str()
        ->group("Profiling");
    app.add_flag("--no-prune", o.no_prune,
                 "estimate all configurations (default: after every second window a quarter is "
                 "dropped, the farthest from the Pareto front of accuracy and cost)")
        ->group("Profiling");
    app.add_option("--model", o.request.model, "deployed model (default: the stream's serving one)")
        ->check(ekya::cli::refuse_bad_name)
        ->group("Profiling");
    app.add_option("--sample", o.request.options.sample_fraction,
                   "part of the labels that a trial trains on")
        ->check(CLI::Range(0.001, 1.0))
        ->capture_default_str()
        ->group("Profiling");
    app.add_option("--min-samples", o.request.options.min_samples,
                   "at least this many, 0 = 100 crops, or 8 frames")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Profiling");
    app.add_option("--trial-epochs", o.request.options.epochs, "epochs of a trial, at most")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Profiling");
    app.add_option("--patience", o.request.options.patience,
                   "epochs without improvement that end a trial")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Profiling");
    app.add_option(
           "--budget", o.request.budget_seconds,
           "device-seconds for the profile of each stream, its part of starting the process "
           "included; 0 = no limit. Short of it trials are left out, the least promising first; "
           "what they would show is estimated from earlier windows, or dropped")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Profiling");
    app.add_flag("--no-drop{false}", o.request.options.drop,
                 "with --budget: what earlier windows know nothing of, or what was last tried 20 "
                 "windows ago, is tried all the same")
        ->needs("--budget")
        ->group("Profiling");
    app.add_option("--exemplars", o.exemplars,
                   "samples of earlier windows, as the retraining will use (default: 600 crops, or "
                   "20 frames)")
        ->check(CLI::NonNegativeNumber)
        ->group("Profiling");
    app.add_option("--measured-labels", o.request.measured_most,
                   "fresh labels that the deployed model is measured on, at most; 0 = all")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Profiling");
    app.add_option("--held-out", o.request.held_out,
                   "part of the uniformly drawn fresh labels that trials are measured on")
        ->check(CLI::Range(0.05, 0.9))
        ->capture_default_str()
        ->group("Profiling");
    app.add_option("--pace", o.request.pace, "seconds of video per second, as in ekya-ingest")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Profiling");
    add_learning_options(app, o);
    ekya::cli::describe(
        app,
        {"ekya.labels/1; windows, labels and models of the store",
         "ekya.planning-input/1, or ekya.truth/1 with --exhaustive, JSON Lines; ekya.profile/1 "
         "or ekya.truth/1 into the store",
         "ekya-profile --streams streams.json --store ekya-data --window 4",
         "Ekya, NSDI 2022, section 4.3"});
}

/// Streams and the windows to plan for them.
std::vector<std::pair<ekya::StreamSource, int>> work_list(const Options& o,
                                                          ekya::cli::Context& context) {
    const auto streams =
        ekya::select_streams(ekya::read_stream_list(o.streams.list), o.streams.ids);
    std::vector<std::pair<ekya::StreamSource, int>> work;
    if (o.io.input.empty()) {
        if (o.window < 1) throw ekya::ConfigError("--window or --input is needed");
        for (const auto& stream : streams) work.emplace_back(stream, o.window);
        return work;
    }
    for (const auto& labels : ekya::read_records<ekya::LabelSet>(
             context.input(o.io), ekya::cli::Context::input_name(o.io)))
        for (const auto& stream : streams)
            if (stream.id == labels.stream) work.emplace_back(stream, labels.window + 1);
    return work;
}

/// What people want to know at once.
void report(const ekya::ProfileRecord& profile, ekya::cli::Context& context) {
    const std::string who = "stream " + profile.stream + ": ";
    if (profile.drift && profile.drift->drifted)
        context.info(who + "drift: accuracy fell by " +
                     std::to_string(std::lround(100 * *profile.drift->accuracy_fall)) + " points" +
                     (profile.start.exemplars_from > 0
                          ? ", exemplars before window " +
                                std::to_string(profile.start.exemplars_from) + " are forgotten"
                          : ""));
    if (!profile.start.model.empty())
        context.info(who + "retrainings start from " + profile.start.model +
                     (profile.start.stream.empty() ? "" : " of stream " + profile.start.stream));
}

void run(const Options& o, ekya::cli::Context& context) {
    // What starting this process has cost is what starting a training costs.
    const double start_seconds = ekya::process_cpu_seconds() / ekya::device_cores();
    ekya::SystemClock clock;
    ekya::ShareGovernor governor(o.device.share, ekya::device_cores(), clock);
    ekya::set_threads(o.device.threads);
    auto request = o.request;
    if (!o.configs.empty()) request.configs = ekya::read_retraining_configs(o.configs);
    request.memory.choice = ekya::exemplar_choice_from(o.exemplar_choice);
    request.warm_start = ekya::warm_start_from(o.warm_start);
    request.precision = ekya::precision_from(o.precision);
    request.look_for_drift = !o.no_drift;
    if (o.start_hour >= 0) request.start_hour = o.start_hour;
    request.prune = !o.no_prune;
    request.seed = o.seed.seed;
    request.device = ekya::resolve_device(o.device.device);
    request.start_seconds = start_seconds;
    request.between_batches = [&] {
        ekya::cli::Context::check_interrupted();
        governor.throttle();
    };
    const ekya::Store store(o.store.store);
    const auto work = work_list(o, context);
    request.spent_seconds = start_seconds / static_cast<double>(std::max<std::size_t>(
                                                work.size(), 1));  // all streams share one process
    auto output = context.output(o.io);
    ekya::cli::Progress progress("profiling", static_cast<double>(work.size()));
    for (std::size_t i = 0; i < work.size(); ++i) {
        const auto& [stream, window] = work[i];
        try {
            request.stream = stream.id;
            request.classes = stream.classes;
            request.window = window;
            const auto usual = ekya::task_of(store.window(stream.id, window - 1)).defaults();
            request.exemplars = o.exemplars.value_or(usual.exemplars);
            if (o.configs.empty()) request.configs = usual.configs;
            if (o.inference_only) request.configs.clear();
            request.model =
                o.request.model.empty() ? store.serving(stream.id).value_or("") : o.request.model;
            if (request.model.empty())
                throw ekya::InputError(
                    "no serving model; train one with ekya-train --base N --serve");
            if (o.exhaustive) {
                const auto truth = ekya::measure_truth(
                    store, o.truth_store.empty() ? store : ekya::Store(o.truth_store), request);
                store.write_truth(truth);
                output.write(ekya::encode(truth));
                progress.update(static_cast<double>(i + 1));
                continue;
            }
            auto profile = ekya::profile_stream(store, request);
            if (!profile.untried.empty())
                context.info("stream " + stream.id + ": " + std::to_string(profile.untried.size()) +
                             " configurations estimated from earlier windows alone, the budget "
                             "leaves no time to try them");
            if (!profile.dropped.empty())
                context.warn("stream " + stream.id + ": " + std::to_string(profile.dropped.size()) +
                             " configurations dropped, the budget is spent");
            report(profile.record, context);
            store.write_profile(profile.record);
            output.write(ekya::encode(ekya::planning_input(profile.record)));
        } catch (const ekya::Interrupted&) {
            throw;
        } catch (const ekya::InputError& e) {
            // Damage in what was recorded long ago shows only here, where it is learned from.
            for (const auto& text : ekya::set_aside_all_damaged(store, stream.id))
                context.warn(text);
            context.stream_failed(stream.id, e.what());
        } catch (const ekya::Error& e) {
            context.stream_failed(stream.id, e.what());
        }
        progress.update(static_cast<double>(i + 1));
    }
    output.commit();
    context.finish(work.size());
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-profile", "Estimate what each retraining configuration would cost and gain.", argc,
        argv, add_options, run);
}
