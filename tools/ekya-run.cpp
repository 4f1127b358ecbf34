// ekya-run: run one job with an enforced share of a device.
//   in: ekya.job-order/1 (DIR/order.json, read whenever it changes)      out: what the job writes;
//   ekya.job/1, ekya.job-use/1 in DIR stderr: messages, and what the job says
#include <cmath>
#include <filesystem>
#include <memory>

#include "ekya/cli/run_tool.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/device/job.hpp"
#include "ekya/device/share_holder.hpp"
#include "ekya/window/job_directory.hpp"

namespace {

namespace fs = std::filesystem;

struct Options {
    ekya::JobOptions job;
    ekya::ShareHolderOptions holder;
    std::string directory;
};

void add_options(CLI::App& app, Options& o) {
    app.add_option("command", o.job.command, "the job: program and arguments, behind --")
        ->required();
    app.add_option("--share", o.job.order.share, "of the device, 0 = no limit, only metered")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str()
        ->group("Share");
    app.add_option("--executor", o.holder.kind,
                   "what holds the share: cgroup (the kernel), threads (thread counts, and the job "
                   "is stopped whenever it is ahead), mps (NVIDIA's Multi-Process Service: a part "
                   "of a GPU's threads, for another share a replacement takes over); auto = mps "
                   "with --gpu, cgroup, or threads, whichever works first")
        ->check(CLI::IsMember({"auto", "cgroup", "threads", "mps"}))
        ->capture_default_str()
        ->group("Share");
    app.add_flag("--gpu", o.holder.gpu, "the job runs its networks on a GPU")->group("Share");
    app.add_option("--cgroup", o.holder.cgroup,
                   "control group to make the job's group in (default: this process's own, or one "
                   "above it that may be written)")
        ->group("Share");
    app.add_option("--mps-control", o.holder.mps.control,
                   "program that starts and asks the MPS daemon")
        ->capture_default_str()
        ->group("Share");
    app.add_option("--mps-pinned-memory", o.holder.mps.pinned_memory,
                   "the most memory of the GPU, as in CUDA_MPS_PINNED_DEVICE_MEM_LIMIT, e.g. 0=2G")
        ->group("Share");
    app.add_option("--cores", o.holder.cores,
                   "cores that make one device (default: all that may be used)")
        ->check(CLI::PositiveNumber)
        ->group("Share");
    app.add_option(
           "--job", o.directory,
           "directory of the job: order.json is obeyed, job.json and use.jsonl are kept up to date")
        ->group("Job");
    app.add_option("--deadline", o.job.deadline,
                   "Unix time at which the job is stopped, exit code 124")
        ->check(CLI::PositiveNumber)
        ->group("Job");
    app.add_option("--grace", o.job.grace, "seconds between being asked to end and being killed")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Job");
    app.add_option("--report-every", o.job.report_every, "seconds between two reports")
        ->check(CLI::Range(0.05, 1e6))
        ->capture_default_str()
        ->group("Job");
    ekya::cli::describe(app, {"ekya.job-order/1 (DIR/order.json, of --job)",
                              "what the job writes; ekya.job/1 (DIR/job.json) and ekya.job-use/1, "
                              "JSON Lines (DIR/use.jsonl)",
                              "ekya-run --share 0.4 --job jobs/a.train -- ekya-train --streams "
                              "streams.json --stream a --window 4\n"
                              "         echo '{\"schema\":\"ekya.job-order/1\",\"share\":0.2}' "
                              ">jobs/a.train/order.json\n"
                              "The exit code is the job's: 128+n if signal n ended it, 124 at the "
                              "deadline, 127 if there is no such program.",
                              "Ekya, NSDI 2022, section 5 (each job holds its share)"});
}

int run(const Options& given, ekya::cli::Context& context) {
    Options o = given;
    o.job.id = o.directory.empty() ? fs::path(o.job.command.front()).filename().string()
                                   : fs::path(o.directory).lexically_normal().filename().string();
    // A range lets NaN pass.
    for (const auto& [option, value] : {std::pair("--share", o.job.order.share),
                                        {"--deadline", o.job.deadline},
                                        {"--grace", o.job.grace},
                                        {"--report-every", o.job.report_every}})
        if (!std::isfinite(value))
            throw ekya::ConfigError(std::string(option) + ": a number is needed");
    const ekya::ShareHolder holder(o.holder);
    if (!holder.why_not_cgroup().empty() && o.job.order.share > 0)
        context.warn(holder.why_not_cgroup() +
                     "; the share is held by thread counts and by stopping the job now and then");
    if (!holder.why_not_mps().empty() && o.job.order.share > 0)
        context.warn(holder.why_not_mps() + "; only its share of the CPU is held");
    o.job.cores = holder.cores();
    const auto limit = holder.limit(o.job.id);
    ekya::JobHooks hooks;
    hooks.signalled = ekya::cli::Context::signal;
    hooks.on_problem = [&](const std::string& problem) { context.warn(problem); };
    std::unique_ptr<ekya::JobDirectory> directory;
    if (!o.directory.empty()) {
        directory = std::make_unique<ekya::JobDirectory>(o.directory);
        hooks.next_order = [&] { return directory->next_order(); };
        hooks.on_use = [&](const ekya::JobUse& use) { directory->add(use); };
        hooks.on_record = [&](const ekya::JobRecord& record) { (void)directory->write(record); };
    }
    return *ekya::run_job(o.job, *limit, hooks).exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-run",
        "Run one job with an enforced share of a device, which may change while it runs.", argc,
        argv, add_options, run);
}
