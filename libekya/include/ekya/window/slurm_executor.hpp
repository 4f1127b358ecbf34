#pragma once
#include <memory>
#include <string>
#include <vector>

#include "ekya/window/executor.hpp"

namespace ekya {

struct SlurmOptions {
    std::string partition;                   ///< of the boxes; empty = Slurm's default
    std::vector<std::string> options;        ///< further ones for srun
    std::string device = "auto";             ///< where networks run: auto, cpu, cuda or cuda:N
    std::string ekya_run = "ekya-run";       ///< that program, at the same place on all boxes
    std::vector<std::string> run_options{};  ///< further ones for it, e.g. --executor threads
    int tries = 3;                           ///< times that a job is started if its boxes are lost
    int job_cpus = 1;                        ///< CPUs of a job that has no share
    Seconds patience = 10;                   ///< that a cancelled job may take to end
};

/// The boxes that respond.
struct SlurmBoxes {
    int box_cpus = 1;      ///< of the smallest
    int cpus = 1;          ///< of all
    bool on_cpu = true;    ///< networks run on CPUs
    bool has_mps = false;  ///< shares of GPUs can be asked for
};

/// Runs jobs on boxes under Slurm. Each job is submitted by itself, and no allocation is held:
/// Slurm places it where there is room when it comes, other work gets the boxes in between, and a
/// box that dies takes only its own jobs along; they run again on another box. Slurm grants whole
/// CPUs (or --gres=mps:N); ekya-run, started on the box, holds the fine share. The directories of
/// logs, jobs and the store are shared by all boxes, and the programs lie at the same place on
/// them. A job's records are written when it has ended, those of its last start only.
class SlurmExecutor : public Executor {
public:
    /// @throws ConfigError if Slurm is not installed or no box can be had
    explicit SlurmExecutor(const SlurmOptions& options);
    /// Cancels all jobs.
    ~SlurmExecutor() override;

    void start(const JobRequest& request) override;
    void order(const std::string& name, const JobOrder& order) override;
    [[nodiscard]] std::optional<JobRecord> record(const std::string& name) const override;
    [[nodiscard]] std::vector<JobEnd> wait(Seconds limit) override;

    [[nodiscard]] const SlurmBoxes& boxes() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// What Slurm says of its boxes. @throws ConfigError
[[nodiscard]] SlurmBoxes find_slurm_boxes(const SlurmOptions& options);
/// The same from lines of sinfo's "%c %G" (CPUs, generic resources).
[[nodiscard]] SlurmBoxes slurm_boxes_from(const std::string& lines, const std::string& device);
/// srun's options that ask for a share. A CPU is not divided by Slurm, so it is rounded up; 0 is no
/// limit.
[[nodiscard]] std::vector<std::string> slurm_grant(double share, const SlurmBoxes& boxes,
                                                   int job_cpus);

}  // namespace ekya
