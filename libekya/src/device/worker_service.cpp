// The worker's side.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "ekya/core/errors.hpp"
#include "ekya/device/worker.hpp"
#include "keeper.hpp"
#include "worker_request.hpp"

namespace ekya {
namespace {

namespace fs = std::filesystem;

struct Job {
    WorkerRequest request;
    int (*tool)(int, char**);
};

/// In the job's own process, with its streams in place: as the program would begin.
[[noreturn]] void run_tool_main(void* argument) {
    Job& job = *static_cast<Job*>(argument);
    const bool handover = job.request.descriptors.size() > 4;
    close_range(3, handover ? 7 : ~0U, 0);  // the worker's, and what its libraries have open
    if (handover) close_range(10, ~0U, 0);
    for (const int number : {SIGCHLD, SIGHUP, SIGXFSZ, SIGUSR1, SIGQUIT}) ::signal(number, SIG_DFL);
    std::error_code code;
    fs::current_path(job.request.directory, code);
    unsetenv("OMP_NUM_THREADS");
    unsetenv("OPENBLAS_NUM_THREADS");
    if (handover) {
        job.request.environment["EKYA_READY_FD"] = "8";
        job.request.environment["EKYA_GO_FD"] = "9";
    }
    for (const auto& [name, value] : job.request.environment)
        setenv(name.c_str(), value.c_str(), 1);
    const std::string name = fs::path(job.request.command.front()).filename();
    prctl(PR_SET_NAME, name.c_str());  // what ps calls it
    std::vector<char*> arguments;
    for (auto& word : job.request.command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int exit_code = job.tool(static_cast<int>(job.request.command.size()), arguments.data());
    // The destructors of libtorch's registries would touch, and so copy, much of what is shared
    // with the worker: a third of what such a start costs.
    std::cout.flush();
    std::fflush(nullptr);
    _exit(exit_code);
}

int thread_count() {
    int count = 0;
    std::error_code code;
    for (const auto& thread : fs::directory_iterator("/proc/self/task", code)) {
        (void)thread;
        ++count;
    }
    return count;
}

}  // namespace

void serve_jobs(int socket, const std::map<std::string, int (*)(int, char**)>& tools) {
    int type = 0;
    socklen_t size = sizeof type;
    if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET)
        throw SystemError("descriptor " + std::to_string(socket) + ": is no socket for requests");
    fcntl(socket, F_SETFD, FD_CLOEXEC);
    if (const int threads = thread_count(); threads != 1)
        throw SystemError("the worker has " + std::to_string(threads) +
                          " threads; a fork would lose the others");
    ::signal(SIGCHLD, SIG_IGN);  // nobody waits for keepers
    while (auto request = receive_request(socket)) {
        const auto& d = request->descriptors;
        const auto tool = request->command.empty()
                              ? tools.end()
                              : tools.find(fs::path(request->command.front()).filename());
        if (d.size() >= 4 && tool != tools.end()) {
            std::fflush(nullptr);
            Job job{*request, tool->second};
            if (fork() == 0)
                keep_job(d[0], {d[1], d[2], d[3]}, d.size() > 5 ? d[4] : -1,
                         d.size() > 5 ? d[5] : -1, run_tool_main, &job);
        }
        for (const int descriptor : d) close(descriptor);  // a job that was not started is missed
    }
}

}  // namespace ekya
