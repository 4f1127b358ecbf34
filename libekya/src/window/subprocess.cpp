#include "subprocess.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"

extern char** environ;

namespace ekya {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> all;
    for (const auto& word : words) all.push_back(const_cast<char*>(word.c_str()));
    all.push_back(nullptr);
    return all;
}

}  // namespace

Subprocess::Subprocess(const std::vector<std::string>& command, const Files& files,
                       const std::vector<std::string>& environment) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const std::array<int, 3> wanted{files.in, files.out, files.err};
    for (int place = 0; place < 3; ++place) {
        if (wanted[place] < 0)
            posix_spawn_file_actions_addopen(&actions, place, "/dev/null", O_RDWR, 0);
        else
            posix_spawn_file_actions_adddup2(&actions, wanted[place], place);
    }
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const int error = posix_spawnp(&pid_, command.front().c_str(), &actions, &attributes,
                                   pointers(command).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) throw SystemError(command.front() + ": cannot be run: " + std::strerror(error));
    handle_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
}

Subprocess::~Subprocess() {
    if (exit_code()) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

std::optional<int> Subprocess::exit_code() {
    int status = 0;
    if (!exit_code_ && waitpid(pid_, &status, WNOHANG) == pid_)
        exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return exit_code_;
}

void Subprocess::signal(int number) const {
    if (!exit_code_) kill(pid_, number);
}

Question::Question(const std::vector<std::string>& command,
                   const std::vector<std::string>& environment, int err) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        throw SystemError(std::string("cannot make a pipe: ") + std::strerror(errno));
    read_ = Descriptor(ends[0]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    const Descriptor write(ends[1]);
    process_.emplace(command, Subprocess::Files{-1, write.get(), err < 0 ? write.get() : err},
                     environment);
}

bool Question::answered() {
    const bool ended = process_->exit_code().has_value();  // before the last of it is read
    std::array<char, 4096> text{};
    for (ssize_t size; (size = read(read_.get(), text.data(), text.size())) > 0;)
        answer_.append(text.data(), static_cast<std::size_t>(size));
    return ended;
}

bool Question::await(Seconds limit) {
    const SystemClock clock;
    const Seconds until = clock.now() + limit;
    bool ended = false;
    while (!(ended = answered()) && clock.now() < until) {
        pollfd item{read_.get(), POLLIN, 0};
        poll(&item, 1, 20);
        if ((item.revents & POLLHUP) != 0) poll(nullptr, 0, 2);  // it is about to end
    }
    return ended;
}

std::vector<std::string> environment_without(const std::string& prefix, const std::string& except) {
    std::vector<std::string> variables;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string text = *variable;
        if (text.rfind(prefix, 0) != 0 || text.rfind(except + "=", 0) == 0)
            variables.push_back(text);
    }
    return variables;
}

}  // namespace ekya
