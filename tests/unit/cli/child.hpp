// Runs work in a child process: tools set up messages and signals for a whole process, and end it
// with a code.
#pragma once
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <functional>

#include "support/scratch.hpp"

namespace ekya::test {

struct Outcome {
    int code = -1;         ///< exit code, or 128 + the signal that ended it
    std::string out, err;  ///< what it wrote to stdout and stderr
};

/// @param input what the child finds on stdin
/// @param out where its stdout goes; empty = into the outcome
inline Outcome in_child(const std::function<int()>& work, const std::string& input = "",
                        const std::string& out = "") {
    const Scratch scratch;
    write(scratch / "in", input);
    const std::string stdout_file = out.empty() ? (scratch / "out").string() : out;
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("cannot fork");
    if (child == 0) {
        ::dup2(::open((scratch / "in").c_str(), O_RDONLY), STDIN_FILENO);
        ::dup2(::open(stdout_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDOUT_FILENO);
        ::dup2(::open((scratch / "err").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600),
               STDERR_FILENO);
        int code = 99;  // something came through that should not
        try {
            code = work();
        } catch (...) {}
        std::fflush(nullptr);
        ::_exit(code);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    Outcome outcome;
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (out.empty()) outcome.out = content_of(scratch / "out");
    outcome.err = content_of(scratch / "err");
    return outcome;
}

}  // namespace ekya::test
