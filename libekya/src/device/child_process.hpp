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

/// How a process that knows of it takes over from another: it says that it is ready (loaded and
/// warm) by writing a byte to the descriptor EKYA_READY_FD, and works only when it can read one
/// from EKYA_GO_FD.
class Handover {
public:
    Handover();
    ~Handover();
    Handover(const Handover&) = delete;
    Handover& operator=(const Handover&) = delete;
    /// In the child: lets the descriptors through exec and names them.
    void inherit() const;
    /// In the parent, once the child has been started: its ends are the child's alone.
    void keep_ours();
    [[nodiscard]] bool is_ready();
    void go() const;

private:
    int ready_[2] = {-1, -1}, go_[2] = {-1, -1};
    bool said_ready_ = false;
};

/// A child process, in a process group of its own that does not outlive this process.
class ChildProcess {
public:
    /// @param admit called with the child before it runs the command
    /// @param handover whether it is offered a handover. @throws SystemError; what admit() throws
    ChildProcess(const std::vector<std::string>& command,
                 const std::map<std::string, std::string>& environment,
                 const std::function<void(pid_t)>& admit, bool handover = false);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Waits until it has ended, at most so long, and buries what else has ended below this
    /// process.
    /// @return its exit code, 128 + n if signal n ended it; 126 or 127 if the command could not be
    /// run
    [[nodiscard]] std::optional<int> wait(Seconds limit);
    /// Null if none was offered.
    [[nodiscard]] Handover* handover() { return handover_ ? &*handover_ : nullptr; }

private:
    [[noreturn]] void run(const std::vector<std::string>& command,
                          const std::map<std::string, std::string>& environment, int gate) const;

    Guard guard_;
    std::optional<Handover> handover_;
    pid_t pid_ = -1;
    int handle_ = -1;
    bool has_terminal_ = false;  // of ours, lent to it
};

}  // namespace ekya
