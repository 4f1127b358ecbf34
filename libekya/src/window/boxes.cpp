#include "ekya/window/boxes.hpp"

#include <algorithm>
#include <filesystem>

#include "ekya/core/clock.hpp"
#include "ekya/device/device.hpp"
#include "ekya/window/local_executor.hpp"
#include "ekya/window/slurm_executor.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

LocalExecutorOptions local_options(const BoxOptions& o,
                                   std::function<void(const std::string&)> on_problem) {
    LocalExecutorOptions options;
    options.holder.kind = o.share_holder;
    options.holder.option = "--share-holder";
    options.holder.cores = o.cores;
    const fs::path worker = o.programs / "ekya-worker";
    if (o.warm && fs::exists(worker)) options.worker = worker.string();
    options.on_problem = std::move(on_problem);
    return options;
}

SlurmOptions slurm_options(const BoxOptions& o) {
    SlurmOptions options;
    options.partition = o.slurm_partition;
    options.options = o.slurm_options;
    options.device = o.device;
    options.ekya_run = (o.programs / "ekya-run").string();
    options.run_options = {"--executor", o.share_holder};
    options.job_cpus = o.threads;
    return options;
}

}  // namespace

Boxes::Boxes(const BoxOptions& o, std::function<void(const std::string&)> on_problem)
    : on_cpu_(resolve_device(o.device) == "cpu") {
    auto options = local_options(o, std::move(on_problem));
    options.holder.gpu = !on_cpu_;
    auto here = std::make_unique<LocalExecutor>(options);
    cores_ = here->cores();
    here_ = std::move(here);
    at_once_ = std::max(cores_ / o.threads, 1);
    int box_cores = cores_;
    bool jobs_on_cpu = on_cpu_;
    if (o.executor == "slurm") {
        auto slurm = std::make_unique<SlurmExecutor>(slurm_options(o));
        box_cores = slurm->boxes().box_cpus;
        jobs_on_cpu = slurm->boxes().on_cpu;
        at_once_ = std::max(slurm->boxes().cpus / o.threads, 1);
        jobs_ = std::move(slurm);
    }
    if (jobs_on_cpu) most_share_ = std::min(static_cast<double>(o.threads) / box_cores, 1.0);
}

}  // namespace ekya
