#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/job.hpp"
#include "ekya/device/launcher.hpp"
#include "ekya/device/share_limit.hpp"

namespace ekya {

struct JobOptions {
    std::string id;
    std::vector<std::string> command;  ///< program and arguments; looked for in PATH
    JobOrder order;                    ///< to begin with
    int cores = 1;                     ///< that make one device
    double deadline = 0;               ///< run_time() at which it is stopped; 0 = never
    Seconds report_every = 1;          ///< > 0
    Seconds grace = 1;                 ///< between being asked to end and being killed
    JobStreams streams;                ///< of the command
    Seconds handover_patience = 10;    ///< for a job whose share is fixed to offer a replacement
    Seconds stopped_patience = 0;      ///< with a job that a signal has stopped; 0 = no end
    Seconds worker_patience = 20;      ///< for a worker to start it, which may still be loading
};

/// What a job reports to and is told by. Each may be empty.
struct JobHooks {
    std::function<std::optional<JobOrder>()>
        next_order;                             ///< asked at each step; none = nothing new
    std::function<void(const JobUse&)> on_use;  ///< a stretch is over
    std::function<void(const JobRecord&)>
        on_record;                   ///< at the start, at each change, at each report, at the end
    std::function<int()> signalled;  ///< a signal to pass on, 0 = none
    std::function<void(const std::string&)>
        on_problem;  ///< an order could not be carried out; the job goes on as it was
};

/// One job while it runs: its command is held to its share of the device, orders act at once. At
/// the deadline, at a stop and at a signal it is asked to end, and killed after the grace; what it
/// left running is killed when it has ended. The object does something only in its calls, so that
/// one thread can hold many jobs; all calls come from one thread at a time.
class HeldJob {
public:
    /// Starts it. @throws DomainError, SystemError if the limit cannot be set up
    HeldJob(JobOptions options, ShareLimit& limit, JobHooks hooks, Launcher& launcher);
    /// Kills what has not ended.
    ~HeldJob();
    HeldJob(const HeldJob&) = delete;
    HeldJob& operator=(const HeldJob&) = delete;

    /// Looks around: cheap, never waits. To be called again after the time returned at the latest,
    /// or when the descriptor becomes readable.
    Seconds step();
    [[nodiscard]] int descriptor() const;
    /// No process of it is left, and record() is the last one.
    [[nodiscard]] bool ended() const;
    /// What cannot be carried out is told to on_problem.
    void order(const JobOrder& order);
    /// The exit code in it: the command's, 128 + n if signal n ended it, 124 if the deadline did,
    /// 127 if there is no such program, 126 if it cannot be run.
    [[nodiscard]] const JobRecord& record() const;

private:
    class Course;
    std::unique_ptr<Course> course_;
};

/// Runs one job to its end. @return HeldJob's last record. @throws as HeldJob
[[nodiscard]] JobRecord run_job(const JobOptions& options, ShareLimit& limit,
                                const JobHooks& hooks);

}  // namespace ekya
