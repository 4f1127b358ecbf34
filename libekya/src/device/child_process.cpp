#include "child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

/// The terminal follows who reads from it.
void give_terminal(pid_t group) {
    const auto before = ::signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(STDIN_FILENO, group);
    ::signal(SIGTTOU, before);
}

int exit_code_of(const siginfo_t& info) {
    return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

}  // namespace

namespace {

/// The guard's whole life: told a group, then woken by the byte of a normal end or by the death of
/// who holds the other end.
[[noreturn]] void guard(int pipe) {
    setsid();
    dup2(pipe, 0);
    close_range(1, ~0U, 0);  // it must not keep anybody's pipes open
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_IGN);
    pid_t group = 0;
    char leave = 0;
    const bool told = read(0, &group, sizeof group) == sizeof group;
    if (told && read(0, &leave, 1) != 1) kill(-group, SIGKILL);
    _exit(0);
}

void write_all(int descriptor, const void* data, std::size_t size) {
    const ssize_t written = write(descriptor, data, size);
    (void)written;  // who is gone needs to be told nothing
}

}  // namespace

Guard::Guard() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        throw SystemError(std::string("cannot make a pipe: ") + std::strerror(errno));
    const pid_t between = fork();
    if (between == 0) {
        close(ends[1]);
        if (fork() == 0) guard(ends[0]);
        _exit(0);
    }
    if (between > 0) waitpid(between, nullptr, 0);
    close(ends[0]);
    pipe_ = ends[1];
    ::signal(SIGPIPE, SIG_IGN);
}

Guard::~Guard() {
    write_all(pipe_, "x", 1);
    close(pipe_);
}

void Guard::watch(pid_t group) const { write_all(pipe_, &group, sizeof group); }

ChildProcess::ChildProcess(const std::vector<std::string>& command,
                           const std::map<std::string, std::string>& environment,
                           const std::function<void(pid_t)>& admit, bool handover) {
    if (handover) handover_.emplace();
    prctl(PR_SET_CHILD_SUBREAPER, 1);  // what the job orphans stays below this process
    std::array<int, 2> gate{};
    if (pipe2(gate.data(), O_CLOEXEC) != 0)
        throw SystemError(std::string("cannot make a pipe: ") + std::strerror(errno));
    has_terminal_ = isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
    pid_ = fork();
    if (pid_ == 0) {
        close(gate[1]);
        run(command, environment, gate[0]);
    }
    close(gate[0]);
    if (pid_ < 0) {
        close(gate[1]);
        throw SystemError(std::string("cannot start a process: ") + std::strerror(errno));
    }
    if (handover_) handover_->keep_ours();
    setpgid(pid_, pid_);  // both sides do it, as neither knows which comes first
    handle_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    try {
        admit(pid_);
    } catch (...) {
        close(gate[1]);  // the child reads the end and leaves
        (void)wait(5);
        throw;
    }
    guard_.watch(pid_);
    write_all(gate[1], "g", 1);  // a child that is gone is noticed when it is waited for
    close(gate[1]);
}

ChildProcess::~ChildProcess() {
    if (has_terminal_) give_terminal(getpgrp());
    if (handle_ >= 0) close(handle_);
}

/// Between fork and exec.
void ChildProcess::run(const std::vector<std::string>& command,
                       const std::map<std::string, std::string>& environment, int gate) const {
    setpgid(0, 0);
    if (has_terminal_) give_terminal(getpid());
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const int number : {SIGINT, SIGTERM, SIGPIPE}) ::signal(number, SIG_DFL);
    char go = 0;
    if (read(gate, &go, 1) != 1) _exit(125);
    if (handover_) handover_->inherit();
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> arguments;
    for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    execvp(arguments.front(), arguments.data());
    std::fprintf(stderr, "%s: cannot be run: %s\n", arguments.front(), std::strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

std::optional<int> ChildProcess::wait(Seconds limit) {
    pollfd item{handle_, POLLIN, 0};
    poll(&item, 1, std::max(0, static_cast<int>(std::lround(limit * 1000))));
    // Whoever looks first buries all; the others find the codes here.
    static std::map<pid_t, int> codes;
    for (siginfo_t info{}; waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0;
         info = {})
        codes[info.si_pid] = exit_code_of(info);
    const auto found = codes.find(pid_);
    return found == codes.end() ? std::nullopt : std::optional<int>(found->second);
}

Handover::Handover() {
    if (pipe2(ready_, O_CLOEXEC) != 0 || pipe2(go_, O_CLOEXEC) != 0)
        throw SystemError(std::string("cannot make a pipe: ") + std::strerror(errno));
}

Handover::~Handover() {
    for (const int end : {ready_[0], ready_[1], go_[0], go_[1]})
        if (end >= 0) close(end);
}

void Handover::inherit() const {
    // One digit, which every shell can write to.
    const int ready = fcntl(ready_[1], F_DUPFD, 20), go = fcntl(go_[0], F_DUPFD, 20);
    dup2(ready, 8);
    dup2(go, 9);
    close(ready);
    close(go);
    setenv("EKYA_READY_FD", "8", 1);
    setenv("EKYA_GO_FD", "9", 1);
}

void Handover::keep_ours() {
    close(std::exchange(ready_[1], -1));
    close(std::exchange(go_[0], -1));
}

bool Handover::is_ready() {
    pollfd item{ready_[0], POLLIN, 0};
    if (!said_ready_ && poll(&item, 1, 0) > 0) {
        char byte = 0;
        said_ready_ = read(ready_[0], &byte, 1) == 1;
    }
    return said_ready_;
}

void Handover::go() const { write_all(go_[1], "g", 1); }

}  // namespace ekya
