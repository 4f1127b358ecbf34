// ekya-serve: serve cameras for years: record, learn, serve, and keep the disk from filling.
//   in: ekya.streams/1, cameras      out: everything into the store      stderr: messages
#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>

#include "ekya/cli/live_options.hpp"
#include "ekya/cli/policy_options.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/cli/service_manager.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "ekya/store/live_files.hpp"
#include "ekya/store/store_lock.hpp"
#include "ekya/window/clear_away.hpp"
#include "ekya/window/event_command.hpp"
#include "ekya/window/event_log.hpp"
#include "ekya/window/service.hpp"

namespace {

struct Options {
    ekya::cli::LiveToolOptions live;
    ekya::RetentionRule retention;
    double least_free = 1;
    std::string on_event;
    double on_event_seconds = 60;
    std::string policy = "best";
};

void add_options(CLI::App& app, Options& o) {
    o.retention.keep_hours = 168;
    ekya::cli::add(app, o.live);
    app.remove_option(app.get_option("--stream"));  // the list says who is served
    app.add_option("--policy", o.policy, "what plans a window")
        ->check(ekya::cli::suggest_policies())
        ->capture_default_str()
        ->group("Planning");
    const std::string group = "Disk";
    app.add_option("--keep-hours", o.retention.keep_hours,
                   "windows, models, logs and records older than this are deleted, 0 = none; never "
                   "those that serve or are still learned from")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group(group);
    app.add_option("--keep-gigabytes", o.retention.keep_gigabytes,
                   "of what the store holds beyond so much the oldest is deleted, 0 = no limit")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group(group);
    app.add_option("--camera-gigabytes", o.retention.camera_gigabytes, "the same for each camera")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group(group);
    app.add_flag("--keep-frames", o.retention.keep_frames,
                 "frames stay when their window has been labelled");
    app.get_option("--keep-frames")->group(group);
    app.add_option("--least-free", o.least_free,
                   "gigabytes of the disk that stay free: with less, nothing is recorded until "
                   "there is room again")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group(group);
    app.add_option("--on-event", o.on_event,
                   "command to run when a camera is lost or back, a model drifts, is refused or "
                   "serves, the disk is low or has room again; words as in a shell, without its "
                   "other syntax; the ekya.event/1 is its standard input")
        ->group("Events");
    app.add_option("--on-event-seconds", o.on_event_seconds,
                   "longest that the command may take; then it is ended")
        ->check(CLI::Range(0.1, 86400.0))
        ->capture_default_str()
        ->group("Events");
    ekya::cli::let_last_count(app);
    ekya::cli::describe(
        app, {"ekya.streams/1 and its cameras; read again when it has changed, and on SIGHUP",
              "windows, labels, models, plans, answers, accuracies and events (ekya.event/1) in "
              "the store",
              "ekya-serve --streams streams.json --store cameras --teacher golden.onnx",
              "Ekya, NSDI 2022, section 3"});
}

ekya::ServiceOptions service_options(const Options& o, const ekya::Boxes& boxes) {
    const auto store = std::filesystem::absolute(o.live.window.store.store);
    ekya::ServiceOptions service;
    service.list = o.live.window.streams.list;
    service.programs = ekya::cli::program_options(o.live, store);
    service.programs.infer_options = {"--answers-megabytes", "100"};
    service.base = o.live.base;
    service.window = ekya::cli::window_options(o.live.window, o.policy, boxes);
    service.programs.stages.inference_only = !service.window.plan.policy.policy->retrains;
    service.on_cpu = boxes.on_cpu();
    service.retention = o.retention;
    service.retention.exemplars = o.live.window.stages.exemplars.value_or(
        o.live.task == "detection" ? 20 : service.retention.exemplars);
    service.retention.newest_windows = std::max(2, o.live.base.windows);
    service.least_free_gigabytes = o.least_free;
    return service;
}

/// What is done with events: they are kept for other programs, and handed to the user's command.
class Events {
public:
    using Say = std::function<void(const std::string&)>;
    Events(const std::vector<std::string>& command, const Options& o,
           const std::filesystem::path& store, const ekya::Clock& clock, const Say& say)
        : log_(ekya::LiveFiles(store).events(), say) {
        if (!command.empty())
            command_.emplace(ekya::EventCommand::Options{command, o.on_event_seconds,
                                                         store / "logs" / "on-event.log"},
                             clock, say);
    }
    void add(const ekya::Event& event) {
        log_.add(event);
        if (command_) command_->add(event);
    }
    void step() {
        if (command_) command_->step();
    }

private:
    ekya::EventLog log_;
    std::optional<ekya::EventCommand> command_;
};

/// Checked before anything is touched.
std::vector<std::string> event_command(const Options& o) {
    auto words = ekya::split_words(o.on_event);
    if (!o.on_event.empty() && words.empty())
        throw ekya::ConfigError("--on-event: names no program");
    if (!words.empty() && !ekya::is_program(words.front()))
        throw ekya::ConfigError("--on-event: " + words.front() + ": there is no such program");
    return words;
}

void run(const Options& given, ekya::cli::Context& context) {
    Options o = given;
    ekya::cli::complete(o.live);
    ekya::cli::require_golden_model(o.live);
    ekya::cli::ServiceManager manager;
    const auto command = event_command(o);
    const auto say = [&](const std::string& text) {
        manager.status(text);
        context.say(ekya::utc_text(ekya::unix_time()) + " " + text);
    };
    ekya::Boxes boxes(o.live.window.boxes, say);
    auto options = service_options(o, boxes);
    ekya::StoreLock lock(options.programs.store, "ekya-serve");
    ekya::clear_away(options.programs.store, boxes);
    ekya::cli::Context::accept_reload_requests();
    ekya::SystemClock clock;
    std::filesystem::create_directories(options.programs.store / "run");
    std::filesystem::create_directories(options.programs.store / "logs");
    Events events(command, o, options.programs.store, clock, say);
    const auto check = [&] {
        events.step();
        ekya::cli::Context::check_interrupted();
        manager.alive();
        if (const auto news = lock.look_again(); !news.empty()) say(news);
    };
    const auto reload = [&] {
        const bool asked = ekya::cli::Context::take_reload_request();
        if (asked) manager.reloading();
        return asked;
    };
    ekya::Service service(
        std::move(options), boxes, clock,
        {check, reload, say, [&](const ekya::Event& event) { events.add(event); }});
    manager.ready();
    service.run();
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-serve",
        "Serve cameras for years: record, train base models, serve live, retrain window by window.",
        argc, argv, add_options, run);
}
