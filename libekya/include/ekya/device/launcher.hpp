#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ekya/device/job_processes.hpp"

namespace ekya {

/// Descriptors of a job; each is its own number or above 2.
struct JobStreams {
    int in = 0, out = 1, err = 2;
};

/// What is to be started.
struct Launch {
    std::vector<std::string> command;                ///< program and arguments; looked for in PATH
    std::map<std::string, std::string> environment;  ///< on top of this process's
    JobStreams streams;
    int ready = -1, go = -1;  ///< of a handover: the job's ends, 8 and 9 in the job; -1 = none
    bool by_worker = true;    ///< may be run by a worker that has the program's libraries loaded
};

/// Starts processes of jobs.
class Launcher {
public:
    virtual ~Launcher() = default;
    /// Never waits; the job begins when it is released.
    /// @throws SystemError if it cannot be started
    [[nodiscard]] virtual std::unique_ptr<JobProcesses> launch(const Launch& launch) = 0;
    /// Something that was launched has not begun to run for too long.
    virtual void does_not_answer() {}
};

/// Forks and executes the program. Allocates nothing between the two, so that any thread of a
/// process with many may use it.
class ExecLauncher : public Launcher {
public:
    [[nodiscard]] std::unique_ptr<JobProcesses> launch(const Launch& launch) override;
};

}  // namespace ekya
