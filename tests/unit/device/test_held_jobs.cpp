// Many jobs in one process, and what becomes of a job whose holder or keeper dies.
#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "ekya/core/errors.hpp"
#include "ekya/device/job.hpp"
#include "support/scratch.hpp"

using namespace ekya;

namespace {

JobOptions shell(const std::string& script) {
    JobOptions options;
    options.id = "test";
    options.command = {"sh", "-c", script};
    options.cores = 1;
    return options;
}

/// A job with a limit of its own.
struct Held {
    std::unique_ptr<ShareLimit> limit = thread_limit(1);
    ExecLauncher launcher;
    HeldJob job;
    explicit Held(const JobOptions& options, const JobHooks& hooks = {})
        : job(options, *limit, hooks, launcher) {}
};

void run_all(std::vector<std::unique_ptr<Held>>& jobs, Seconds limit) {
    const SystemClock clock;
    const Seconds until = clock.now() + limit;
    for (bool all = false; !all && clock.now() < until;) {
        all = true;
        for (auto& held : jobs) {
            held->job.step();
            all = all && held->job.ended();
        }
        poll(nullptr, 0, 2);
    }
}

bool is_running(int pid) { return kill(pid, 0) == 0; }

template <typename Condition> bool comes_true(Condition&& condition) {
    for (int i = 0; i < 500; ++i, poll(nullptr, 0, 10))
        if (condition()) return true;
    return false;
}

int number_in(const std::filesystem::path& file) {
    int number = 0;
    std::ifstream(file) >> number;
    return number;
}

}  // namespace

TEST_CASE("HeldJob: jobs of one process are counted and held each by itself") {
    auto busy = shell("sh -c 'while :; do :; done' & while :; do :; done"),
         idle = shell("sleep 60 & wait");
    busy.order.share = 0.3;
    for (auto* options : {&busy, &idle}) {
        options->deadline =
            1e-3 +
            std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
                .count() +
            1.2;
    }
    std::vector<std::unique_ptr<Held>> jobs;
    jobs.push_back(std::make_unique<Held>(busy));
    jobs.push_back(std::make_unique<Held>(idle));
    run_all(jobs, 10);
    const auto &held = jobs[0]->job.record(), &other = jobs[1]->job.record();
    CHECK(held.exit_code == 124);
    CHECK(other.exit_code == 124);
    CHECK(held.used > 0.1);
    CHECK(held.used < 0.3 * 1.2 * 1.4 + 0.05);
    CHECK(other.used < 0.1);
}

TEST_CASE("HeldJob: processes that left the group and the session of the job end with it") {
    const test::Scratch scratch;
    const std::string file = scratch / "pid";
    std::vector<std::unique_ptr<Held>> jobs;
    jobs.push_back(std::make_unique<Held>(
        shell("(setsid sh -c 'trap \"\" TERM; echo $$ >" + file + ".part; mv " + file + ".part " +
              file + "; while :; do sleep 0.1; done' &) ; while [ ! -e " + file +
              " ]; do sleep 0.02; done; exit 4")));
    run_all(jobs, 10);
    CHECK(jobs[0]->job.record().exit_code == 4);
    REQUIRE(number_in(file) > 0);
    CHECK_FALSE(is_running(number_in(file)));
}

TEST_CASE("HeldJob: children that are not jobs stay with who started them") {
    const pid_t other = fork();
    if (other == 0) _exit(9);
    std::vector<std::unique_ptr<Held>> jobs;
    jobs.push_back(std::make_unique<Held>(shell("sleep 0.1; exit 5")));
    run_all(jobs, 10);
    CHECK(jobs[0]->job.record().exit_code == 5);
    int status = 0;
    CHECK(waitpid(other, &status, 0) == other);
    CHECK(WEXITSTATUS(status) == 9);
}

TEST_CASE("HeldJob: destroyed, nothing of it is left") {
    const test::Scratch scratch;
    const std::string file = scratch / "pid";
    int pid = 0;
    {
        Held held(shell("trap '' TERM; sleep 60 & echo $! >" + file + "; wait; wait"));
        pid = held.job.record().pid;
        CHECK(comes_true([&] { return number_in(file) > 0; }));
    }
    CHECK_FALSE(is_running(pid));
    CHECK_FALSE(is_running(number_in(file)));
}

TEST_CASE("HeldJob: the keeper killed, the job ends with 137") {
    std::vector<std::unique_ptr<Held>> jobs;
    jobs.push_back(std::make_unique<Held>(shell("sleep 60 & wait")));
    const int pid = jobs[0]->job.record().pid;
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string skipped;
    int keeper = 0;
    stat >> skipped >> skipped >> skipped >> keeper;
    REQUIRE(keeper != getpid());
    kill(keeper, SIGKILL);
    run_all(jobs, 10);
    CHECK(jobs[0]->job.record().exit_code == 137);
    CHECK(comes_true([&] { return !is_running(-pid); }));
}

TEST_CASE("HeldJob: who holds it killed by SIGKILL, nothing of it is left") {
    const test::Scratch scratch;
    const std::string first = scratch / "first", second = scratch / "second";
    const pid_t holder = fork();
    if (holder == 0) {
        std::vector<std::unique_ptr<Held>> jobs;
        for (const auto& file : {first, second})
            jobs.push_back(std::make_unique<Held>(
                shell("trap '' TERM HUP; setsid sleep 60 & echo $! >" + file + "; wait; wait")));
        run_all(jobs, 60);
        _exit(0);
    }
    CHECK(comes_true([&] { return number_in(first) > 0 && number_in(second) > 0; }));
    kill(holder, SIGKILL);
    waitpid(holder, nullptr, 0);
    CHECK(comes_true([&] { return !is_running(number_in(first)); }));
    CHECK(comes_true([&] { return !is_running(number_in(second)); }));
}

TEST_CASE("HeldJob: told to stop before anything else, it ends by the signal") {
    auto options = shell("sleep 60");
    options.order.state = JobOrder::State::stop;
    std::vector<std::unique_ptr<Held>> jobs;
    jobs.push_back(std::make_unique<Held>(options));
    run_all(jobs, 10);
    CHECK(jobs[0]->job.record().exit_code == 128 + SIGTERM);
}
