// ekya-serve: serve cameras for years: record, learn, serve, and keep the disk from filling.
//   in: ekya.streams/1, cameras      out: everything into the store      stderr: messages
#include <algorithm>

#include "ekya/cli/live_options.hpp"
#include "ekya/cli/policy_options.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/cli/service_manager.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "ekya/store/store_lock.hpp"
#include "ekya/window/clear_away.hpp"
#include "ekya/window/service.hpp"

namespace {

struct Options {
    ekya::cli::LiveToolOptions live;
    ekya::RetentionRule retention;
    double least_free = 1;
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
    ekya::cli::let_last_count(app);
    ekya::cli::describe(
        app, {"ekya.streams/1 and its cameras; read again when it has changed, and on SIGHUP",
              "windows, labels, models, plans, answers and accuracies in the store",
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

void run(const Options& given, ekya::cli::Context& context) {
    Options o = given;
    ekya::cli::complete(o.live);
    ekya::cli::require_golden_model(o.live);
    ekya::cli::ServiceManager manager;
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
    const auto check = [&] {
        ekya::cli::Context::check_interrupted();
        manager.alive();
        if (const auto news = lock.look_again(); !news.empty()) say(news);
    };
    const auto reload = [&] {
        const bool asked = ekya::cli::Context::take_reload_request();
        if (asked) manager.reloading();
        return asked;
    };
    ekya::Service service(std::move(options), boxes, clock, {check, reload, say});
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
