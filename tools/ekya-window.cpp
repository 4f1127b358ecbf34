// ekya-window: run one retraining window.
//   in: windows and models of the store; ekya.plan/1 (--plan)
//   out: ekya.retraining/1, JSON Lines; everything else into the store      stderr: messages
#include <algorithm>
#include <filesystem>

#include "ekya/cli/live_options.hpp"
#include "ekya/cli/policy_options.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/store/quarantine.hpp"
#include "ekya/store/store_lock.hpp"
#include "ekya/window/clear_away.hpp"
#include "ekya/window/live_window.hpp"
#include "ekya/window/turn.hpp"
#include "ekya/window/window_agreement.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/stream_list.hpp"

namespace {

struct Options {
    ekya::cli::LiveToolOptions live;
    ekya::cli::InputOutput io;
    ekya::SocketSecurity security;
    std::string policy = "best", plan, control;
    int number = -1;
    bool next = false, check = false;
    double deadline = 0;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.live.window);
    ekya::cli::add_output(app, o.io);
    auto* number = app.add_option("--window", o.number, "the retraining window, 1 or more")
                       ->check(CLI::PositiveNumber);
    app.add_flag("--next", o.next,
                 "for cron: record the next window, and meanwhile learn from the last one in the "
                 "store; base models are trained where there are none")
        ->excludes(number);
    app.add_option("--seconds", o.live.seconds,
                   "length of a window in seconds of video; with --next the period with which this "
                   "is started")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--pace", o.live.window.stages.pace, "seconds of video per second")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--deadline", o.deadline,
                   "Unix time at which the window ends; trainings still running then are stopped "
                   "[now + seconds / pace]")
        ->check(CLI::PositiveNumber);
    app.add_option("--fresh-windows", o.live.window.stages.fresh_windows,
                   "newest windows whose labels are learned from in full, as far as that has not "
                   "been done")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Stages");
    app.add_flag("--only-drifted", o.live.window.stages.only_drifted,
                 "retrain only streams that have drifted (see ekya-profile --help): for windows "
                 "between regular retrainings")
        ->group("Stages");
    app.add_option("--policy", o.policy, "what plans the window")
        ->check(ekya::cli::suggest_policies())
        ->capture_default_str()
        ->group("Planning");
    app.add_option("--plan", o.plan,
                   "ekya.plan/1 file to follow instead of planning; labels and profiles are taken "
                   "from the store")
        ->check(CLI::ExistingFile)
        ->group("Planning");
    app.add_option("--control", o.control,
                   "control endpoint of the running inferences; {stream} becomes the id. Without "
                   "one a finished model is only made the store's serving one")
        ->group("Serving");
    ekya::cli::add(app, o.security);
    ekya::cli::add_recording(app, o.live);
    app.add_flag("--check", o.check, "check the command line and the stream list, touch nothing");
    ekya::cli::let_last_count(app);
    ekya::cli::describe(
        app,
        {"windows and models of the store; ekya.plan/1 (--plan)",
         "ekya.retraining/1, one line for each planned retraining; labels, profiles, plans, models "
         "and records of the store",
         "ekya-window --streams streams.json --store ekya-data --window 4 --seconds 60",
         "Ekya, NSDI 2022, sections 3 to 5"});
}

/// Streams whose window before is stored and that have a model; the others cannot be planned.
std::vector<std::string> ready_streams(const Options& o, const ekya::Store& store, int window,
                                       const std::vector<std::string>& ids,
                                       ekya::cli::Context& context) {
    std::vector<std::string> ready;
    for (const auto& id : ids) {
        for (const auto& text : ekya::set_aside_damaged(store, id, window)) context.warn(text);
        if (!store.has_window(id, window - 1))
            context.stream_failed(id, "window " + std::to_string(window - 1) +
                                          " is not in the store " + o.live.window.store.store);
        else if (!store.serving(id))
            context.stream_failed(
                id, "has no serving model; train one with ekya-train --base N --serve");
        else
            ready.push_back(id);
    }
    return ready;
}

/// One turn for cron.
void run_next(const Options& o, ekya::WindowOptions window,
              const std::vector<ekya::StreamSource>& streams, ekya::Boxes& boxes,
              ekya::cli::Output& output, ekya::cli::Context& context) {
    ekya::TurnOptions turn;
    turn.streams = streams;
    turn.programs = ekya::cli::program_options(o.live, o.live.window.store.store);
    turn.base = o.live.base;
    turn.window = std::move(window);
    turn.serving = {o.control, o.security, boxes.on_cpu(), {}};
    ekya::SystemClock clock;
    const auto outcome = ekya::run_turn(turn, boxes, clock, ekya::cli::Context::check_interrupted,
                                        [&](const std::string& text) { context.say(text); });
    for (const auto& record : outcome.retrainings) output.write(ekya::encode(record));
    output.commit();
    for (const auto& line : ekya::lines_of(outcome)) context.say(line);
    for (const auto& [stream, why] : outcome.failed) context.stream_failed(stream, why);
    context.finish(streams.size());
}

void run(const Options& given, ekya::cli::Context& context) {
    Options o = given;
    if (!o.next && o.number < 1)
        throw ekya::ConfigError("--window: 1 or more is needed, or --next");
    ekya::cli::complete(o.live);
    ekya::check_endpoint(o.control, o.security, ekya::EndpointUse::connect);
    ekya::Boxes boxes(o.live.window.boxes, [&](const std::string& text) { context.warn(text); });
    auto options = ekya::cli::window_options(o.live.window, o.policy, boxes);
    o.live.window.stages.inference_only = !options.plan.policy.policy->retrains;
    std::vector<std::string> ids;
    const auto streams = ekya::select_streams(ekya::read_stream_list(o.live.window.streams.list),
                                              o.live.window.streams.ids);
    for (const auto& stream : streams) ids.push_back(stream.id);
    if (o.next) ekya::cli::require_golden_model(o.live);
    if (o.check) return;
    auto output = context.output(o.io);
    const ekya::Store store(o.live.window.store.store);
    // A turn that is a little late does not cost the next one.
    const double patience = o.next ? o.live.seconds / 2 : 0;
    const ekya::StoreLock lock(store.root(), "ekya-window", patience);
    ekya::clear_away(store.root(), boxes);
    if (o.next) return run_next(o, std::move(options), streams, boxes, output, context);
    if (!o.plan.empty()) options.given = ekya::read_record<ekya::Plan>(o.plan);

    options.window = o.number;
    options.length = o.live.seconds / o.live.window.stages.pace;
    options.left =
        o.deadline > 0 ? std::min(o.deadline - ekya::run_time(), options.length) : options.length;
    if (options.left <= 0) throw ekya::ConfigError("--deadline: has passed");
    options.label_and_profile = o.plan.empty();
    options.streams = ready_streams(o, store, options.window, ids, context);

    ekya::SystemClock clock;
    const auto say = [&](const std::string& text) { context.say(text); };
    ekya::LiveWindow live{
        options, o.live.window.stages, {o.control, o.security, boxes.on_cpu(), {}}};
    const auto outcome = ekya::run_live_window(std::move(live), store, boxes.jobs(), clock,
                                               ekya::cli::Context::check_interrupted, say);
    for (const auto& record : outcome.retrainings) output.write(ekya::encode(record));
    output.commit();
    for (const auto& line : ekya::score_lines(store, options.streams, options.window - 1))
        context.say(line);
    for (const auto& [stream, why] : outcome.failed) context.stream_failed(stream, why);
    context.finish(ids.size());
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-window",
        "Run one retraining window: label, profile, plan, retrain, hand over the models.", argc,
        argv, add_options, run);
}
