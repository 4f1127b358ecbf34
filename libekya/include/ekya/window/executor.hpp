#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/job.hpp"

namespace ekya {

/// One job to run: a command that is held to its share of a device.
struct JobRequest {
    std::string name;  ///< unique among the jobs that run, e.g. "00004/crossing.train"
    std::vector<std::string> command;  ///< program and arguments
    double share = 0;                  ///< of one device, to begin with; 0 = no limit, only metered
    double deadline = 0;               ///< run_time() at which it is stopped; 0 = none
    std::filesystem::path directory;  ///< of job.json and use.jsonl; order.json in it is obeyed too
    std::filesystem::path log;  ///< its messages are appended, between a line with the command
                                ///< and one with the exit code and the seconds
    std::filesystem::path records = "/dev/null";  ///< where its standard output goes
};

/// A job that has ended.
struct JobEnd {
    std::string name;
    JobRecord record;  ///< its last one: exit code, granted, used
};

/// Where jobs run: this box (LocalExecutor), boxes under Slurm (SlurmExecutor). All keep one
/// contract, tests/unit/window/executor_contract.hpp: a job is held to its share and metered;
/// orders act at once; at its deadline, at `stop` and when the executor is destroyed a job is asked
/// to end and killed if it does not; nothing that it started is left running. One thread may call
/// it.
class Executor {
public:
    virtual ~Executor() = default;
    /// Never waits for the job. @throws DomainError if a job of this name runs, SystemError
    virtual void start(const JobRequest& request) = 0;
    /// An order to a job that has ended has no effect. @throws DomainError if there was no such job
    virtual void order(const std::string& name, const JobOrder& order) = 0;
    /// How a job stands now. @return none if there was no such job
    [[nodiscard]] virtual std::optional<JobRecord> record(const std::string& name) const = 0;
    /// Waits until a job has ended, at most so long. @return all that have ended since the last
    /// call
    [[nodiscard]] virtual std::vector<JobEnd> wait(Seconds limit) = 0;
};

}  // namespace ekya
