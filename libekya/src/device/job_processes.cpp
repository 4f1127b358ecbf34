#include "ekya/device/job_processes.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "ekya/core/clock.hpp"
#include "keeper.hpp"
#include "process_tree.hpp"

namespace ekya {
namespace {

void say(int socket, char byte) {
    // A keeper that is gone needs to be told nothing.
    const ssize_t sent = send(socket, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;
}

}  // namespace

JobProcesses::JobProcesses(int socket, pid_t keeper) : socket_(socket), keeper_child_(keeper) {}

JobProcesses::~JobProcesses() {
    close(socket_);  // the keeper kills what is left
    if (keeper_child_ > 0) waitpid(keeper_child_, nullptr, gone_ ? 0 : WNOHANG);
}

void JobProcesses::look() {
    while (!gone_) {
        KeeperNews news;
        const ssize_t size = recv(socket_, &news, sizeof news, MSG_DONTWAIT);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno == EAGAIN) return;
        if (size != sizeof news) {  // killed before it could say that all is over
            gone_ = true;
            if (pid_ == 0) return;
            kill(-pid_, SIGKILL);
            if (!exit_code_) exit_code_ = 128 + SIGKILL;
            return;
        }
        keeper_ = news.keeper;
        pid_ = news.job;
        reaped_ = std::max(reaped_, news.reaped);
        if (news.kind == KeeperNews::Kind::ended) exit_code_ = news.exit_code;
        gone_ = news.kind == KeeperNews::Kind::gone;
    }
}

void JobProcesses::await_start(Seconds limit) {
    const SystemClock clock;
    const Seconds until = clock.now() + limit;
    for (look(); pid_ == 0 && !gone_ && clock.now() < until; look()) {
        pollfd item{socket_, POLLIN, 0};
        poll(&item, 1, static_cast<int>(std::ceil(1000 * (until - clock.now()))));
    }
}

void JobProcesses::release() const { say(socket_, release_byte); }

void JobProcesses::end() {
    if (pid_ > 0) return say(socket_, end_byte);
    shutdown(socket_, SHUT_RDWR);  // its keeper may not even exist yet
    gone_ = true;
}

void JobProcesses::kill_keeper() {
    if (keeper_ <= 0 || gone_) return;
    const auto left = all();  // they lose who would kill them
    kill(keeper_, SIGKILL);
    for (const pid_t pid : left) kill(pid, SIGKILL);
}

std::vector<pid_t> JobProcesses::all() const {
    return keeper_ > 0 && !gone_ ? descendants(keeper_) : std::vector<pid_t>();
}

void JobProcesses::signal(int number) const {
    for (const pid_t pid : all()) kill(pid, number);
}

Seconds JobProcesses::cpu_seconds() {
    look();
    Seconds sum = reaped_;
    for (const pid_t pid : all()) sum += cpu_seconds_of(pid);
    return most_ = std::max(most_, sum);
}

}  // namespace ekya
