#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "ekya/core/errors.hpp"
#include "ekya/device/worker.hpp"
#include "worker_request.hpp"

extern char** environ;

namespace ekya {
namespace {

namespace fs = std::filesystem;

constexpr int most_failures = 3;
constexpr Seconds long_life = 60;
constexpr int worker_socket = 3;  // in the worker
// Libraries that start threads when they are loaded do not, in the worker; the programs set their
// number of threads themselves.
const std::array<std::string, 2> thread_variables{"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"};

std::array<int, 2> socket_pair() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw SystemError(std::string("cannot make a socket: ") + std::strerror(errno));
    return ends;
}

fs::path directory_of(const std::string& program) {
    std::error_code ignored;
    return fs::weakly_canonical(fs::absolute(program, ignored).parent_path(), ignored);
}

}  // namespace

WorkerLauncher::WorkerLauncher(WorkerOptions options) : options_(std::move(options)) {
    start_worker();
}

WorkerLauncher::~WorkerLauncher() {
    if (pid_ > 0) kill(pid_, SIGKILL);  // it may be loading, and holds nothing
    bury_worker();
}

void WorkerLauncher::does_not_answer() {
    if (pid_ > 0) kill(pid_, SIGKILL);
}

void WorkerLauncher::problem(const std::string& text) const {
    if (options_.on_problem) options_.on_problem(text);
}

void WorkerLauncher::start_worker() {
    const auto ends = socket_pair();
    socket_ = ends[0];
    std::vector<std::string> variables;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
        variables.emplace_back(*variable);
    for (const auto& name : thread_variables) {
        std::erase_if(variables, [&](const auto& v) { return v.rfind(name + "=", 0) == 0; });
        variables.push_back(name + "=1");
    }
    std::vector<char*> environment;
    for (auto& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);
    std::string number = std::to_string(worker_socket), option = "--socket";
    std::array<char*, 4> arguments{options_.program.data(), option.data(), number.data(), nullptr};

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], worker_socket);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_RDWR, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const int error = posix_spawn(&pid_, options_.program.c_str(), &actions, &attributes,
                                  arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    started_ = clock_.now();
    if (error == 0) return;
    pid_ = 0;
    failures_ = most_failures;
    problem(options_.program + ": cannot be run: " + std::strerror(error) +
            "; programs load their libraries each by itself");
}

void WorkerLauncher::bury_worker() {
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    pid_ = 0;
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
}

bool WorkerLauncher::can_run(const std::string& program) const {
    const fs::path path(program);
    return path.has_parent_path() &&
           std::find(options_.runs.begin(), options_.runs.end(), path.filename().string()) !=
               options_.runs.end() &&
           directory_of(program) == directory_of(options_.program);
}

/// @return null if the worker is gone or cannot take it
std::unique_ptr<JobProcesses> WorkerLauncher::ask(const Launch& launch) {
    pollfd item{socket_, 0, 0};
    if (pid_ == 0 || (poll(&item, 1, 0) > 0 && (item.revents & (POLLHUP | POLLERR)) != 0))
        return nullptr;
    const auto ends = socket_pair();
    WorkerRequest request;
    std::error_code ignored;
    request.directory = fs::current_path(ignored);
    request.command = launch.command;
    request.environment = launch.environment;
    for (const auto& name : thread_variables)
        if (const char* value = std::getenv(name.c_str()))
            request.environment.emplace(name, value);  // hidden from the worker
    request.descriptors = {ends[1], launch.streams.in, launch.streams.out, launch.streams.err};
    if (launch.ready >= 0) {
        request.descriptors.push_back(launch.ready);
        request.descriptors.push_back(launch.go);
    }
    const bool sent = send_request(socket_, request);
    close(ends[1]);
    auto processes = std::make_unique<JobProcesses>(ends[0], 0);
    return sent ? std::move(processes) : nullptr;
}

std::unique_ptr<JobProcesses> WorkerLauncher::launch(const Launch& launch) {
    if (!launch.by_worker || launch.command.empty() || !can_run(launch.command.front()))
        return exec_.launch(launch);
    if (auto processes = ask(launch)) return processes;
    int status = 0;
    if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = 0;
        failures_ = clock_.now() - started_ > long_life ? 1 : failures_ + 1;
        bury_worker();
        problem("the worker has ended by " +
                (WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                     : "exit code " + std::to_string(WEXITSTATUS(status))) +
                (failures_ < most_failures ? "; another one is started"
                                           : "; programs load their libraries each by itself"));
        if (failures_ < most_failures) start_worker();
    }
    return exec_.launch(launch);
}

}  // namespace ekya
