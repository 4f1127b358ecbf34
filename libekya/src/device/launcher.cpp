#include "ekya/device/launcher.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "ekya/core/errors.hpp"
#include "keeper.hpp"

extern char** environ;

namespace ekya {
namespace {

/// What execvpe() needs, made before the fork.
struct Program {
    std::vector<std::string> variables;
    std::vector<char*> arguments, environment;
};

std::string name_of(const std::string& variable) { return variable.substr(0, variable.find('=')); }

Program program_of(const Launch& launch) {
    Program program;
    auto added = launch.environment;
    if (launch.ready >= 0) {
        added["EKYA_READY_FD"] = "8";
        added["EKYA_GO_FD"] = "9";
    }
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
        if (!added.contains(name_of(*variable))) program.variables.emplace_back(*variable);
    for (const auto& [name, value] : added) program.variables.push_back(name + "=" + value);
    for (auto& variable : program.variables) program.environment.push_back(variable.data());
    program.environment.push_back(nullptr);
    for (const auto& argument : launch.command)
        program.arguments.push_back(const_cast<char*>(argument.c_str()));
    program.arguments.push_back(nullptr);
    return program;
}

void complain(const char* text) {
    const ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
    (void)written;
}

[[noreturn]] void execute(void* argument) {
    const Program& program = *static_cast<Program*>(argument);
    execvpe(program.arguments.front(), program.arguments.data(), program.environment.data());
    const int error = errno;
    const char* const why = strerrordesc_np(error);
    for (const char* part : {const_cast<const char*>(program.arguments.front()),
                             ": cannot be run: ", why != nullptr ? why : "unknown error", "\n"})
        complain(part);
    _exit(error == ENOENT ? 127 : 126);
}

}  // namespace

std::unique_ptr<JobProcesses> ExecLauncher::launch(const Launch& launch) {
    Program program = program_of(launch);
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw SystemError(std::string("cannot make a socket: ") + std::strerror(errno));
    const pid_t keeper = fork();
    if (keeper == 0) keep_job(ends[1], launch.streams, launch.ready, launch.go, execute, &program);
    const int error = errno;
    close(ends[1]);
    if (keeper < 0) {
        close(ends[0]);
        throw SystemError(std::string("cannot start a process: ") + std::strerror(error));
    }
    return std::make_unique<JobProcesses>(ends[0], keeper);
}

}  // namespace ekya
