#pragma once
#include <sys/types.h>

#include <optional>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// All processes of one job: the one that runs the command, and all that descend from it. Between
/// this process and the job stands a keeper, a small process that adopts and buries what the job
/// orphans, and that kills all of the job when this process is gone, by SIGKILL too. So each job of
/// a process that holds many has a tree of its own. The keeper need not be a child of this process.
class JobProcesses {
public:
    /// @param socket to the keeper, a SOCK_SEQPACKET; becomes this object's
    /// @param keeper its process id if it is a child of this process; 0 = it is not
    JobProcesses(int socket, pid_t keeper);
    /// What is left of the job is killed.
    ~JobProcesses();
    JobProcesses(const JobProcesses&) = delete;
    JobProcesses& operator=(const JobProcesses&) = delete;

    /// Readable when there is news for look().
    [[nodiscard]] int descriptor() const { return socket_; }
    /// Takes in what the keeper has said.
    void look();
    /// Looks until there is a pid() or nothing more will come, at most so long.
    void await_start(Seconds limit);
    /// Its keeper was forked by this process, so that there is a pid() within milliseconds.
    [[nodiscard]] bool is_started_here() const { return keeper_child_ > 0; }
    /// Of the process that runs the command; 0 until it exists. It waits until release().
    [[nodiscard]] pid_t pid() const { return pid_; }
    /// The command may begin.
    void release() const;
    /// Once the command has ended: its exit code, 128 + n if signal n ended it; 126 or 127 if it
    /// could not be run. 137 if the keeper was killed.
    [[nodiscard]] std::optional<int> exit_code() const { return exit_code_; }
    /// Has all that is left killed, the command too.
    void end();
    /// For a keeper that does not answer, because a signal has stopped it, say: what is left of the
    /// job is killed with it.
    void kill_keeper();
    /// No process of the job is left.
    [[nodiscard]] bool is_gone() const { return gone_; }

    [[nodiscard]] std::vector<pid_t> all() const;
    void signal(int number) const;
    /// CPU seconds of all, those that have ended among them; never falls. What the job itself has
    /// waited for counts to a hundredth of a second.
    [[nodiscard]] Seconds cpu_seconds();

private:
    int socket_;
    pid_t keeper_child_, keeper_ = 0, pid_ = 0;
    std::optional<int> exit_code_;
    bool gone_ = false;
    Seconds reaped_ = 0;  // CPU seconds of what the keeper has waited for
    Seconds most_ = 0;    // that cpu_seconds() has said
};

}  // namespace ekya
