#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ekya/window/executor.hpp"

namespace ekya {

/// Where jobs run and what holds them.
struct BoxOptions {
    std::string executor = "local";          ///< local or slurm
    std::string share_holder = "auto";       ///< auto, mps, cgroup or threads
    std::string device = "auto";             ///< where networks run: auto, cpu, cuda, cuda:N
    int threads = 1;                         ///< CPU threads of each job
    int cores = 0;                           ///< of this box that make one device; 0 = all
    std::string slurm_partition;             ///< empty = Slurm's default
    std::vector<std::string> slurm_options;  ///< further ones for srun
    std::filesystem::path programs;          ///< directory of the ekya-* programs
    bool warm = true;  ///< programs with libtorch are started from a warm worker
};

/// The boxes that a window's jobs run on, and this one, which serves.
class Boxes {
public:
    /// @throws ConfigError if no box can be had, or shares cannot be held as asked for
    /// @param on_problem told what does not stop the work, by any thread
    explicit Boxes(const BoxOptions& options,
                   std::function<void(const std::string&)> on_problem = {});

    [[nodiscard]] Executor& here() { return *here_; }
    /// For labelling, profiling and training.
    [[nodiscard]] Executor& jobs() { return jobs_ ? *jobs_ : *here_; }
    [[nodiscard]] bool jobs_are_here() const { return !jobs_; }
    /// Share of a device that one job can use: on CPUs no more than its threads.
    [[nodiscard]] double most_share() const { return most_share_; }
    /// Jobs that have a core for each of their threads; >= 1.
    [[nodiscard]] int at_once() const { return at_once_; }
    /// Networks here run on the CPU, so that decoding and idling take time of the device.
    [[nodiscard]] bool on_cpu() const { return on_cpu_; }
    /// Share of one device that an idle program takes.
    [[nodiscard]] double idle_share() const { return on_cpu_ ? idle_cores / cores_ : 0; }

private:
    static constexpr double idle_cores = 0.04;
    std::unique_ptr<Executor> here_, jobs_;
    double most_share_ = 1;
    int cores_ = 1, at_once_ = 1;
    bool on_cpu_ = true;
};

}  // namespace ekya
