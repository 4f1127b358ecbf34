#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/device/launcher.hpp"

namespace ekya {

// Programs that use libtorch take 0.3 to 0.4 s of CPU time to load and relocate their libraries. A
// worker is a process that has done so, has no second thread, and forks for each job: the child has
// everything in place and runs the program's main().

struct WorkerOptions {
    std::string program;  ///< the worker; it knows those of its directory that `runs` names
    std::vector<std::string> runs{"ekya-label", "ekya-profile", "ekya-train"};
    /// Told what does not stop the work, e.g. that a worker has died.
    std::function<void(const std::string&)> on_problem;
};

/// Has a worker start what it can run, and executes everything else. A worker that dies takes no
/// job along that has begun; when it is missed, another one is started, and the job that missed it
/// is executed. After three in a row that lived for less than a minute there is no further one.
class WorkerLauncher : public Launcher {
public:
    /// Starts the worker, which loads while this process goes on.
    explicit WorkerLauncher(WorkerOptions options);
    ~WorkerLauncher() override;
    [[nodiscard]] std::unique_ptr<JobProcesses> launch(const Launch& launch) override;
    /// The worker is killed; the next launch starts another.
    void does_not_answer() override;
    /// Of the worker that runs now; 0 = none.
    [[nodiscard]] pid_t worker() const { return pid_; }

private:
    void start_worker();
    void bury_worker();
    [[nodiscard]] bool can_run(const std::string& program) const;
    [[nodiscard]] std::unique_ptr<JobProcesses> ask(const Launch& launch);
    void problem(const std::string& text) const;

    WorkerOptions options_;
    ExecLauncher exec_;
    pid_t pid_ = 0;
    int socket_ = -1;
    int failures_ = 0;  // workers in a row that lived for a short time only
    Seconds started_ = 0;
    SystemClock clock_;
};

/// The worker's work: forks for each job that is asked for at the socket, until its other end is
/// closed. To be called by a process with one thread.
/// @param tools main() of each program, by name
/// @throws SystemError if the process has more threads, or the socket is none
void serve_jobs(int socket, const std::map<std::string, int (*)(int, char**)>& tools);

}  // namespace ekya
