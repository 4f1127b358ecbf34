#pragma once
#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// Kills a process group if this process dies without taking leave, e.g. by SIGKILL.
class Guard {
public:
    /// Must be made before this process becomes the one that reaps orphans, as the guard is one.
    Guard();
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    void watch(pid_t group) const;

private:
    int pipe_ = -1;
};

/// A child process, in a process group of its own that does not outlive this process.
class ChildProcess {
public:
    /// @param admit called with the child before it runs the command. @throws SystemError; what admit() throws
    ChildProcess(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment,
                 const std::function<void(pid_t)>& admit);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Waits until it has ended, at most so long, and buries what else has ended below this process.
    /// @return its exit code, 128 + n if signal n ended it; 126 or 127 if the command could not be run
    [[nodiscard]] std::optional<int> wait(Seconds limit);

private:
    [[noreturn]] void run(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment, int gate) const;

    Guard guard_;
    pid_t pid_ = -1;
    int handle_ = -1;
    bool has_terminal_ = false;   // of ours, lent to it
};

}  // namespace ekya
