// Runs in a process that was forked from one with threads: no memory is allocated here, no lock is
// taken.
#include "keeper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace ekya {
namespace {

constexpr int handover_ready = 8, handover_go = 9;  // one digit, which every shell can write to

/// The terminal follows who reads from it.
void give_terminal(pid_t group) { tcsetpgrp(STDIN_FILENO, group); }  // SIGTTOU is blocked

bool has_terminal() { return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgid(0); }

Seconds seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

Seconds reaped_seconds() {
    rusage reaped{};
    getrusage(RUSAGE_CHILDREN, &reaped);
    return seconds_of(reaped.ru_utime) + seconds_of(reaped.ru_stime);
}

/// Where a descriptor is out of the way of 0, 1, 2, 8 and 9.
int moved_up(int descriptor) {
    return descriptor < 0 ? descriptor : fcntl(descriptor, F_DUPFD_CLOEXEC, 20);
}

void take_place(int descriptor, int place) {
    if (descriptor != place) {
        dup2(descriptor, place);
        return;
    }
    fcntl(descriptor, F_SETFD, 0);
}

/// Above the job until nothing of it is left.
class Keeper {
public:
    Keeper(int socket, pid_t job, int gate, bool lent) : job_(job) {
        sigset_t child;
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        // Nobody's pipes stay open because of this process: 0 is the socket, 1 the ends of
        // children, 2 the gate. The terminal's descriptor is kept while it is lent.
        const int ends = moved_up(signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
        const int up = moved_up(socket), high_gate = moved_up(gate);
        if (lent) terminal_ = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 20);
        dup2(up, 0);
        dup2(ends, 1);
        dup2(high_gate, 2);
        if (terminal_ >= 0) {
            dup2(terminal_, 3);
            terminal_ = 3;
        }
        close_range(terminal_ >= 0 ? 4 : 3, ~0U, 0);
        say(KeeperNews::Kind::started);
    }

    [[noreturn]] void keep() {
        for (pollfd items[2] = {{0, POLLIN, 0}, {1, POLLIN, 0}};;) {
            bury();  // before the first wait too: it may have ended at once
            if (poll(items, 2, -1) < 0) continue;
            if (items[1].revents != 0) drain_ends();
            if (items[0].revents == 0) continue;
            char byte = 0;
            const ssize_t size = recv(0, &byte, 1, MSG_DONTWAIT);
            if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (size == 1 && byte == release_byte) {
                const ssize_t written = write(2, "g", 1);
                (void)written;  // one that is gone is noticed as such
                continue;
            }
            kill_all();  // told to, or who holds the job is gone
        }
    }

private:
    void say(KeeperNews::Kind kind, int exit_code = 0) const {
        const KeeperNews news{kind, getpid(), job_, exit_code, reaped_seconds()};
        // What is only a sum comes again with the next; the rest must arrive.
        send(0, &news, sizeof news,
             MSG_NOSIGNAL | (kind == KeeperNews::Kind::reaped ? MSG_DONTWAIT : 0));
    }
    static void drain_ends() {
        signalfd_siginfo info{};
        while (read(1, &info, sizeof info) > 0) {}
    }
    void bury() {
        bool news = false;
        int status = 0;
        for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
            news = true;
            if (pid != job_) continue;
            if (terminal_ >= 0) tcsetpgrp(terminal_, getpgid(getppid()));
            say(KeeperNews::Kind::ended,
                WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        }
        if (news) say(KeeperNews::Kind::reaped);
    }
    /// Kills children until there are none: those of a killed one become children of this process.
    [[noreturn]] void kill_all() {
        while (true) {
            kill_children();
            int status = 0;
            const pid_t pid = waitpid(-1, &status, 0);
            if (pid == job_)
                say(KeeperNews::Kind::ended,
                    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
            if (pid < 0 && errno == ECHILD) break;
        }
        say(KeeperNews::Kind::gone);
        _exit(0);
    }
    void kill_children() const {
        const int list = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
        char text[4096];
        const ssize_t size = list < 0 ? -1 : read(list, text, sizeof text);
        if (list >= 0) close(list);
        if (size < 0) kill(-job_, SIGKILL);  // no such list: at least its group
        pid_t pid = 0;
        for (ssize_t i = 0; i < size; ++i) {
            if (text[i] >= '0' && text[i] <= '9') {
                pid = pid * 10 + (text[i] - '0');
                continue;
            }
            if (pid > 0) kill(pid, SIGKILL);
            pid = 0;
        }
    }

    pid_t job_;
    int terminal_ = -1;
};

[[noreturn]] void be_job(pid_t keeper, const JobStreams& streams, int ready, int go, int gate,
                         bool lend, void (*run)(void*), void* argument) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != keeper) _exit(125);
    if (lend) give_terminal(getpid());
    for (const int number : {SIGINT, SIGTERM, SIGPIPE}) ::signal(number, SIG_DFL);
    const int high_gate = moved_up(gate), high_ready = moved_up(ready), high_go = moved_up(go);
    take_place(streams.in, 0);
    take_place(streams.out, 1);
    take_place(streams.err, 2);
    if (high_ready >= 0) dup2(high_ready, handover_ready);
    if (high_go >= 0) dup2(high_go, handover_go);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    char byte = 0;
    ssize_t size = 0;
    while ((size = read(high_gate, &byte, 1)) < 0 && errno == EINTR) {}
    if (size != 1) _exit(125);
    close(high_gate);
    run(argument);
    _exit(126);
}

}  // namespace

void keep_job(int socket, const JobStreams& streams, int ready, int go, void (*run)(void*),
              void* argument) {
    // No signal is meant for this process: neither the terminal's nor those of its group, which is
    // one of its own from here on.
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    const bool lend = streams.in == STDIN_FILENO && has_terminal();
    setpgid(0, 0);
    ::signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) != 0) _exit(1);
    const pid_t self = getpid();
    const pid_t job = fork();
    if (job < 0) _exit(1);
    if (job == 0) {
        close(gate[1]);
        close(socket);
        be_job(self, streams, ready, go, gate[0], lend, run, argument);
    }
    setpgid(job, job);  // both sides do it, as neither knows which comes first
    close(gate[0]);
    Keeper(socket, job, gate[1], lend).keep();
}

}  // namespace ekya
