// ekya-schedule: plan one retraining window.
//   in: ekya.estimate/1, JSON Lines      out: ekya.plan/1      stderr: messages
#include <chrono>

#include "ekya/cli/run_tool.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy.hpp"
#include "ekya/store/store.hpp"
#include "ekya/wire/retraining_configs.hpp"
#include "ekya/wire/sockets.hpp"

namespace {

struct Options {
    ekya::cli::InputOutput io;
    ekya::cli::StoreOptions store;
    ekya::cli::SeedOptions seed;
    std::string policy = "thief", uniform_config;
    ekya::ScheduleProblem problem;
    ekya::PolicyOptions policies;
    double unit = 0;
    bool record = false;
    std::string announce;
};

void add_options(CLI::App& app, Options& o) {
    o.problem.horizon = 200;
    o.problem.gpus = 1;
    ekya::cli::add(app, o.io);
    ekya::cli::add(app, o.store);
    ekya::cli::add(app, o.seed);
    app.add_option("--policy", o.policy, "best, thief, uniform or none")->check(CLI::IsMember({"best", "thief", "uniform", "none"}))->capture_default_str()->group("Policy");
    app.add_option("--window-seconds", o.problem.horizon, "time the plan is for")->check(CLI::PositiveNumber)->capture_default_str()->group("Policy");
    app.add_option("--gpus", o.problem.gpus, "devices to share out; without a GPU all cores are one device")->check(CLI::NonNegativeNumber)->capture_default_str()->group("Policy");
    app.add_option("--max-job-share", o.problem.max_job_share, "the most one job can use, in devices")->check(CLI::PositiveNumber)->capture_default_str()->group("Policy");
    app.add_option("--min-accuracy", o.problem.min_accuracy, "a_MIN, which every stream must hold at all times")->check(CLI::Range(0.0, 1.0))->capture_default_str()->group("Policy");
    app.add_option("--quantum", o.policies.thief.quantum, "the share stolen at a time (thief)")->check(CLI::PositiveNumber)->capture_default_str()->group("Policy");
    app.add_option("--unit", o.unit, "all shares are multiples of it (thief; default: the quantum, as in the paper)")->check(CLI::PositiveNumber)->group("Policy");
    app.add_option("--patience", o.policies.thief.patience, "steps without gain after which a thief leaves its victim (thief)")->check(CLI::PositiveNumber)->capture_default_str()->group("Policy");
    app.add_option("--uniform-inference-share", o.policies.uniform.inference_share, "inference's part of each stream's share (uniform)")->check(CLI::Range(0.0, 1.0))->capture_default_str()->group("Policy");
    app.add_option("--uniform-config", o.uniform_config, "ekya.configs/1 file whose first entry all streams use (uniform; default: the most accurate)")->group("Policy");
    app.add_flag("--record", o.record, "keep the plan in the store as well");
    app.add_option("--announce", o.announce, "tell running inferences their share and frame stride: control endpoint, {stream} becomes the id");
    ekya::cli::describe(app, {"ekya.estimate/1, JSON Lines, one per stream", "ekya.plan/1",
                              "ekya-profile --streams streams.json --window 4 | ekya-schedule --policy thief --window-seconds 10",
                              "Ekya, NSDI 2022, section 4.2, Algorithms 1 and 2"});
}

/// Inference must know its share even where the estimates came from somewhere else; a stream that does not answer is
/// named and left as it is.
void announce(const Options& o, const ekya::Plan& plan, ekya::cli::Context& context) {
    for (const auto& stream : plan.streams) {
        try {
            ekya::announce_share(ekya::endpoint_for(o.announce, stream.stream), stream.inference_share, stream.inference, std::chrono::seconds(2));
        } catch (const ekya::Error& e) {
            context.warn("stream " + stream.stream + ": " + e.what());
        }
    }
}

/// Options are checked before anything is read, so that they are not blamed on the input.
void validate_options(const Options& o, const ekya::PolicyOptions& policies) {
    try {
        ekya::require_in_range("--window-seconds", o.problem.horizon, 1e-9, 1e12);
        ekya::require_in_range("--gpus", o.problem.gpus, 0, 1e9);
        ekya::require_in_range("--max-job-share", o.problem.max_job_share, 1e-9, 1e9);
        ekya::require_in_range("--min-accuracy", o.problem.min_accuracy, 0, 1);
        ekya::require_in_range("--unit", policies.thief.unit, 0.001, o.problem.max_job_share);
        ekya::require_in_range("--quantum", policies.thief.quantum, policies.thief.unit, 1e6);
        ekya::require_in_range("--uniform-inference-share", policies.uniform.inference_share, 0, 1);
    } catch (const ekya::DomainError& e) {
        throw ekya::ConfigError(e.what());
    }
}

void run(const Options& o, ekya::cli::Context& context) {
    ekya::PolicyOptions policies = o.policies;
    policies.thief.unit = o.unit > 0 ? o.unit : policies.thief.quantum;
    validate_options(o, policies);
    const std::string name = ekya::cli::Context::input_name(o.io);
    ekya::ScheduleProblem problem = o.problem;
    problem.streams = ekya::read_records<ekya::StreamEstimate>(context.input(o.io), name);
    if (problem.streams.empty()) throw ekya::InputError(name + ": no estimates; one ekya.estimate/1 record per stream is needed");
    problem.window = problem.streams.front().window;
    for (const auto& stream : problem.streams)
        if (stream.window != problem.window)
            throw ekya::InputError(name + ": stream " + stream.stream + " has an estimate for window " + std::to_string(stream.window) +
                                   ", others for " + std::to_string(problem.window));
    if (!o.uniform_config.empty()) policies.uniform.config = ekya::read_retraining_configs(o.uniform_config).front();
    auto output = context.output(o.io);
    const ekya::Plan plan = ekya::with_context(name, [&] { return ekya::make_plan(ekya::policy_from(o.policy), problem, policies); });
    for (const auto& violation : plan.violations) context.warn(violation);
    if (o.record) ekya::Store(o.store.store).write_plan(plan);
    output.write(ekya::encode(plan));
    output.commit();
    if (!o.announce.empty()) announce(o, plan, context);
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>("ekya-schedule", "Plan one retraining window: who retrains, how, and who gets which share.",
                                        argc, argv, add_options, run);
}
