#pragma once
#include <functional>
#include <memory>
#include <string>

#include "ekya/device/share_holder.hpp"
#include "ekya/device/worker.hpp"
#include "ekya/window/executor.hpp"

namespace ekya {

struct LocalExecutorOptions {
    ShareHolderOptions holder;
    Seconds grace = 1;              ///< between being asked to end and being killed
    Seconds stopped_patience = 10;  ///< with a job that a signal has stopped; then it is killed
    Seconds report_every = 1;       ///< seconds between two updates of a job's record
    /// The program ekya-worker, beside the programs that it runs without loading their libraries
    /// anew; empty = every job is a program of its own from the start.
    std::string worker;
    std::vector<std::string> worker_runs = WorkerOptions().runs;  ///< names of those programs
    /// Told what does not stop the work, e.g. that a worker has died.
    std::function<void(const std::string&)> on_problem;
};

/// Runs jobs on this box. One thread holds all of them. A job's standard input is empty.
class LocalExecutor : public Executor {
public:
    /// @throws ConfigError if the way of holding shares does not work here
    explicit LocalExecutor(const LocalExecutorOptions& options);
    /// Asks all jobs to end, kills those that do not within the grace.
    ~LocalExecutor() override;

    void start(const JobRequest& request) override;
    void order(const std::string& name, const JobOrder& order) override;
    [[nodiscard]] std::optional<JobRecord> record(const std::string& name) const override;
    [[nodiscard]] std::vector<JobEnd> wait(Seconds limit) override;

    /// Cores that make one device.
    [[nodiscard]] int cores() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace ekya
