// Jobs that a worker starts; the worker is tests/unit/support/fake_worker.cpp.
#include "ekya/device/worker.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include "ekya/core/errors.hpp"
#include "ekya/device/job.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using test::contains;
using test::content_of;

namespace {

const std::string worker_program = EKYA_FAKE_WORKER;
const std::string tool = std::filesystem::path(worker_program).parent_path() / "fake-tool";

/// A launcher, what it said, and files for a job's output.
struct Workers {
    test::Scratch scratch;
    std::vector<std::string> problems;
    WorkerLauncher launcher;

    explicit Workers(const std::string& program = worker_program)
        : launcher({program, {"fake-tool"}, [this](const std::string& problem) {
                        problems.push_back(problem);
                    }}) {}

    [[nodiscard]] std::string output() const { return content_of(scratch / "out"); }

    struct Job {
        int out, null;
        std::unique_ptr<ShareLimit> limit = thread_limit(1);
        std::unique_ptr<HeldJob> job;
        ~Job() {
            job.reset();
            close(out);
            close(null);
        }
        /// @return its exit code; -1 = it did not end
        int run(Seconds longest = 20) {
            const SystemClock clock;
            const Seconds until = clock.now() + longest;
            for (job->step(); !job->ended() && clock.now() < until; job->step()) {
                pollfd item{job->descriptor(), POLLIN, 0};
                poll(&item, 1, 5);
            }
            return job->record().exit_code.value_or(-1);
        }
    };
    std::unique_ptr<Job> start(std::vector<std::string> command, JobOptions options = {}) {
        auto started = std::make_unique<Job>();
        started->out =
            open((scratch / "out").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        started->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        options.id = "test";
        options.command = std::move(command);
        options.streams = {started->null, started->out, started->out};
        JobHooks hooks;
        hooks.on_problem = [this](const std::string& problem) { problems.push_back(problem); };
        started->job = std::make_unique<HeldJob>(options, *started->limit, hooks, launcher);
        return started;
    }
    int run(std::vector<std::string> command, const JobOptions& options = {}) {
        return start(std::move(command), options)->run();
    }
};

template <typename Condition> bool comes_true(Condition&& condition) {
    for (int i = 0; i < 500; ++i, poll(nullptr, 0, 10))
        if (condition()) return true;
    return false;
}

bool is_running(int pid) { return kill(pid, 0) == 0; }

}  // namespace

TEST_CASE("WorkerLauncher: a job of the worker is what the executed program would be") {
    Workers workers;
    JobOptions options;
    options.cores = 3;
    options.order.share = 0.5;
    CHECK(workers.run({tool, "say", "two words", ""}, options) == 0);
    const std::string forked = workers.output();
    options.worker_patience = 0;  // so that it is executed
    {
        const auto job = workers.start({tool, "say", "two words", ""}, options);
        kill(workers.launcher.worker(), SIGKILL);
        CHECK(job->run() == 0);
    }
    std::string executed = workers.output();
    CHECK(forked.rfind("forked\n", 0) == 0);
    if (executed.rfind("executed\n", 0) == 0) executed.replace(0, 8, "forked");
    // Executed, it inherits what whoever started this test has left open.
    CHECK(contains(forked, "\ndescriptors 4\n"));
    const auto before_last_line = [](const std::string& text) {
        return text.substr(0, text.rfind("\ndescriptors"));
    };
    CHECK(before_last_line(forked) == before_last_line(executed));
    CHECK(contains(forked, "\nEKYA_CORES=3\n"));
    CHECK(contains(forked, "\ngroup 1\n"));
    CHECK(contains(forked, "\nstdin -1\n"));
    CHECK(contains(forked, "a message\n"));
}

TEST_CASE("WorkerLauncher: exit codes and signals come back; a stop, a deadline and a share too") {
    Workers workers;
    CHECK(workers.run({tool, "exit", "0"}) == 0);
    CHECK(workers.run({tool, "exit", "7"}) == 7);
    CHECK(workers.run({tool, "die"}) == 137);
    CHECK(workers.output().empty());  // not flushed, but forked or not is the same then

    JobOptions busy;
    busy.order.share = 0.3;
    busy.deadline =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count() +
        1.2;
    const auto job = workers.start({tool, "busy"}, busy);
    CHECK(job->run() == 124);
    CHECK(job->job->record().pid > 0);
    CHECK(job->job->record().used == doctest::Approx(job->job->record().granted).epsilon(0.3));

    const auto stopped = workers.start({tool, "busy"});
    stopped->job->step();
    stopped->job->order({JobOrder::State::stop, 0});
    CHECK(stopped->run() == 143);
    CHECK(workers.problems.empty());
}

TEST_CASE("WorkerLauncher: what the worker does not know is executed") {
    Workers workers;
    CHECK(workers.run({"sh", "-c", "exit 5"}) == 5);
    const test::Scratch elsewhere;
    std::filesystem::create_symlink(worker_program, elsewhere / "fake-tool");
    CHECK(workers.run({(elsewhere / "fake-tool").string(), "exit", "6"}) == 6);
    CHECK(workers.output() == "executed\n");
    CHECK(workers.run({tool, "say", std::string(100'000, 'x')}) == 0);  // too long to ask for
    CHECK(contains(workers.output(), "executed\n"));
    CHECK(workers.problems.empty());
}

TEST_CASE(
    "WorkerLauncher: the worker dies: its job goes on, the next is executed, then there is "
    "another one") {
    Workers workers;
    const auto job = workers.start({tool, "wait", (workers.scratch / "go").string()});
    CHECK(comes_true([&] {
        job->job->step();
        return contains(workers.output(), "waits");
    }));
    const pid_t first = workers.launcher.worker();
    kill(first, SIGKILL);
    CHECK(comes_true([&] {
        return content_of("/proc/" + std::to_string(first) + "/stat").find(" Z ") !=
               std::string::npos;
    }));
    test::write(workers.scratch / "go", "");
    CHECK(job->run() == 0);
    CHECK(workers.run({tool, "exit", "3"}) == 3);
    CHECK(workers.output() == "executed\n");
    REQUIRE(workers.problems.size() == 1);
    CHECK(contains(workers.problems[0], "signal 9; another one is started"));
    CHECK(workers.launcher.worker() != first);
    CHECK(workers.run({tool, "exit", "4"}) == 4);
    CHECK(workers.output() == "forked\n");
}

TEST_CASE("WorkerLauncher: no worker can be had: all is executed, and it is said how often") {
    Workers none("/nonexistent/worker");
    REQUIRE(none.problems.size() == 1);
    CHECK(contains(none.problems[0], "/nonexistent/worker: cannot be run: No such file"));
    // Its programs are those of its directory.
    CHECK(none.run({tool, "exit", "3"}) == 3);
    CHECK(none.problems.size() == 1);

    const test::Scratch scratch;
    test::write(scratch / "worker", "#!/bin/sh\nexit 1\n");
    std::filesystem::permissions(scratch / "worker", std::filesystem::perms::owner_all);
    std::filesystem::create_symlink(worker_program, scratch / "fake-tool");
    Workers dying((scratch / "worker").string());
    for (int i = 0; i < 6; ++i) {
        CHECK(dying.run({(scratch / "fake-tool").string(), "exit", "3"}) == 3);
        poll(nullptr, 0, 50);
    }
    CHECK(dying.problems.size() == 3);
    CHECK(contains(dying.problems.back(), "exit code 1; programs load their libraries"));
}

TEST_CASE("WorkerLauncher: a worker that does not answer is waited for, but not for ever") {
    Workers workers;
    CHECK(workers.run({tool, "exit", "3"}) == 3);
    kill(workers.launcher.worker(), SIGSTOP);
    JobOptions options;
    options.worker_patience = 0.3;
    CHECK(workers.run({tool, "exit", "4"}, options) == 4);
    CHECK(workers.output() == "executed\n");

    options.worker_patience = 60;  // told to stop while it waits
    const auto job = workers.start({tool, "exit", "4"}, options);
    job->job->order({JobOrder::State::stop, 0});
    CHECK(job->run() == 143);
    kill(workers.launcher.worker(), SIGCONT);  // it finds out that nobody wants them any more
    CHECK(workers.run({tool, "exit", "5"}) == 5);
    CHECK(workers.output() == "forked\n");
}

TEST_CASE("WorkerLauncher: who holds the jobs killed by SIGKILL, neither worker nor job is left") {
    const test::Scratch scratch;
    const std::string file = scratch / "pids";
    const pid_t holder = fork();
    if (holder == 0) {
        Workers workers;
        const auto job = workers.start({tool, "busy"});
        while (job->job->record().pid == 0) job->job->step();
        test::write(file + ".part", std::to_string(job->job->record().pid) + " " +
                                        std::to_string(workers.launcher.worker()));
        std::filesystem::rename(file + ".part", file);
        sleep(600);
        _exit(0);
    }
    CHECK(comes_true([&] { return std::filesystem::exists(file); }));
    int job = 0, worker = 0;
    std::ifstream(file) >> job >> worker;
    CHECK(is_running(job));
    CHECK(is_running(worker));
    kill(holder, SIGKILL);
    waitpid(holder, nullptr, 0);
    CHECK(comes_true([&] { return !is_running(job) && !is_running(worker) && job > 0; }));
}

TEST_CASE("serve_jobs: a process with more threads is no worker, and a file is no socket") {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    std::atomic<bool> over = false;
    std::thread other([&] {
        while (!over) poll(nullptr, 0, 10);
    });
    CHECK(contains(test::message_of<SystemError>([&] { serve_jobs(ends[0], {}); }), "threads"));
    over = true;
    other.join();
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int wrong : {null, -1}) CHECK_THROWS_AS(serve_jobs(wrong, {}), SystemError);
    for (const int end : {null, ends[0], ends[1]}) close(end);
}
