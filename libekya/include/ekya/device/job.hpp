#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/job.hpp"
#include "ekya/device/share_limit.hpp"

namespace ekya {

struct JobOptions {
    std::string id;
    std::vector<std::string> command;  ///< program and arguments; looked for in PATH
    JobOrder order;                    ///< to begin with
    int cores = 1;                     ///< that make one device
    double deadline = 0;               ///< Unix time at which it is stopped; 0 = never
    Seconds report_every = 1;          ///< > 0
    Seconds grace = 1;                 ///< between being asked to end and being killed
};

/// What a job reports to and is told by. Each may be empty.
struct JobHooks {
    std::function<std::optional<JobOrder>()>
        next_order;  ///< asked every few milliseconds; none = nothing new
    std::function<void(const JobUse&)> on_use;  ///< a stretch is over
    std::function<void(const JobRecord&)>
        on_record;                   ///< at the start, at each change, at each report, at the end
    std::function<int()> signalled;  ///< a signal to pass on, 0 = none
    std::function<void(const std::string&)>
        on_problem;  ///< an order could not be carried out; the job goes on as it was
};

/// Starts a command with a share of the device, and holds it there until it has ended: orders take
/// effect within 20 ms. At the deadline, at a stop and at a signal the job is asked to end, and
/// killed after the grace; what it left running is killed when it has ended.
/// @return the last record, with the exit code: the command's, 128 + n if signal n ended it, 124 if
/// the deadline did, 127 if there is no such program, 126 if it cannot be run
/// @throws SystemError if the limit cannot be set up
[[nodiscard]] JobRecord run_job(const JobOptions& options, ShareLimit& limit,
                                const JobHooks& hooks);

}  // namespace ekya
