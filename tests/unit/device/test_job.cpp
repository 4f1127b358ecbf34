#include <doctest/doctest.h>
#include <signal.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <thread>

#include "ekya/core/errors.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/device/job.hpp"
#include "process_tree.hpp"

using namespace ekya;

namespace {

JobOptions job_of(std::vector<std::string> command) {
    JobOptions options;
    options.id = "test";
    options.command = std::move(command);
    options.cores = 1;
    return options;
}

JobRecord run(const JobOptions& options, const JobHooks& hooks = {}) {
    const auto limit = thread_limit(options.cores);
    return run_job(options, *limit, hooks);
}

bool is_running(int pid) { return kill(pid, 0) == 0; }

}  // namespace

TEST_CASE("run_job: the command's exit code, or the signal's") {
    CHECK(run(job_of({"true"})).exit_code == 0);
    CHECK(run(job_of({"sh", "-c", "exit 3"})).exit_code == 3);
    CHECK(run(job_of({"sh", "-c", "kill -KILL $$"})).exit_code == 137);
    CHECK(run(job_of({"/nowhere/to/be/found"})).exit_code == 127);
    CHECK(run(job_of({"/etc"})).exit_code == 126);
    CHECK_THROWS_AS((void)run(job_of({})), DomainError);
}

TEST_CASE("run_job: the last report is what is returned, and the stretches add up to it") {
    auto options = job_of({"sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"});
    options.report_every = 0.05;
    options.order.share = 0.5;
    JobRecord last;
    Seconds granted = 0, used = 0;
    JobHooks hooks;
    hooks.on_record = [&](const JobRecord& record) { last = record; };
    hooks.on_use = [&](const JobUse& use) {
        granted += use.granted();
        used += use.used;
    };
    const auto record = run(options, hooks);
    CHECK(last.exit_code == 0);
    CHECK(last.state == "ended");
    CHECK(record.granted == doctest::Approx(granted));
    CHECK(record.used == doctest::Approx(used));
    CHECK(record.used > 0.01);
    CHECK(record.used < record.granted * 1.2 + 0.05);
}

TEST_CASE(
    "run_job: pause, resume, stop; each counts as a change, an order that says nothing new does "
    "not") {
    using State = JobOrder::State;
    std::vector<JobOrder> orders{
        {State::run, 0}, {State::pause, 0}, {State::run, 0.5}, {State::stop, 0.5}};
    std::size_t asked = 0;
    std::vector<std::string> states;
    JobHooks hooks;
    hooks.next_order = [&]() -> std::optional<JobOrder> {
        return asked < orders.size() ? std::optional(orders[asked++]) : std::nullopt;
    };
    hooks.on_record = [&](const JobRecord& record) { states.push_back(record.state); };
    const auto record = run(job_of({"sleep", "60"}), hooks);
    CHECK(states == std::vector<std::string>{"running", "paused", "running", "ended"});
    CHECK(record.changes == 2);
    CHECK(record.exit_code == 128 + SIGTERM);
    CHECK(record.share == 0.5);
}

TEST_CASE("run_job: told to finish, the job itself hears of it, once, and ends as it likes") {
    std::vector<JobOrder> orders{{JobOrder::State::finish, 0.5}, {JobOrder::State::finish, 0.6}};
    std::size_t asked = 0;
    JobHooks hooks;
    hooks.next_order = [&]() -> std::optional<JobOrder> {
        return asked++ > 10 && asked - 12 < orders.size() ? std::optional(orders[asked - 12])
                                                          : std::nullopt;
    };
    const auto record = run(job_of({"sh", "-c",
                                    "n=0; trap 'n=$((n+1))' USR1; for i in 1 2 3 4 5 6 7 8; do "
                                    "sleep 0.1; done; exit $((40+n))"}),
                            hooks);
    CHECK(record.exit_code == 41);
    CHECK(record.share == 0.6);
}

namespace {

/// A limit that takes no other share than the first.
class StubbornLimit : public ShareLimit {
public:
    [[nodiscard]] std::string name() const override { return "threads"; }
    void admit(const std::shared_ptr<JobProcesses>& job) override { pid_ = job->pid(); }
    void set_share(double share) override {
        if (pid_ != 0) throw SystemError("cannot set " + std::to_string(share));
    }
    void set_paused(bool) override {}
    [[nodiscard]] DeviceUse use() const override { return {}; }
    void signal(int number) override { kill(pid_, number); }

private:
    pid_t pid_ = 0;
};

}  // namespace

TEST_CASE(
    "run_job: an order that the system refuses is reported; the time goes on to be counted once, "
    "with the old share") {
    StubbornLimit limit;
    int asked = 0, problems = 0;
    JobHooks hooks;
    hooks.next_order = [&]() -> std::optional<JobOrder> {
        return ++asked == 5 ? std::optional(JobOrder{JobOrder::State::run, 0.9}) : std::nullopt;
    };
    hooks.on_problem = [&](const std::string&) { ++problems; };
    Seconds seconds = 0;
    hooks.on_use = [&](const JobUse& use) {
        seconds += use.seconds;
        CHECK(use.share == 0.5);
    };
    auto options = job_of({"sleep", "0.4"});
    options.order.share = 0.5;
    const SystemClock clock;
    const Seconds begun = clock.now();
    const auto record = run_job(options, limit, hooks);
    CHECK(problems == 1);
    CHECK(record.share == 0.5);
    CHECK(seconds <= clock.now() - begun);
}

TEST_CASE("run_job: an order that cannot be read is reported, the job goes on") {
    int problems = 0, asked = 0;
    JobHooks hooks;
    hooks.next_order = [&]() -> std::optional<JobOrder> {
        if (asked++ == 0) throw InputError("order.json: no");
        return std::nullopt;
    };
    hooks.on_problem = [&](const std::string& what) {
        CHECK(what == "order.json: no");
        ++problems;
    };
    CHECK(run(job_of({"sleep", "0.1"}), hooks).exit_code == 0);
    CHECK(problems == 1);
}

TEST_CASE(
    "run_job: at the deadline 124, though it does not listen, is paused or has left processes "
    "behind") {
    auto options = job_of({"sh", "-c", "trap '' TERM; sleep 60 & while :; do sleep 0.05; done"});
    options.deadline = 1;  // long ago
    options.grace = 0.1;
    auto record = run(options);
    CHECK(record.exit_code == 124);
    CHECK_FALSE(is_running(record.pid));

    options.command = {"sleep", "60"};
    options.order = {JobOrder::State::pause, 0.5};
    record = run(options);
    CHECK(record.exit_code == 124);
}

TEST_CASE("run_job: a signal is passed on") {
    JobHooks hooks;
    hooks.signalled = [] { return SIGINT; };
    CHECK(run(job_of({"sleep", "60"}), hooks).exit_code == 128 + SIGINT);
}

TEST_CASE("run_job: the job knows how many cores make its device") {
    auto options = job_of({"sh", "-c", "exit $EKYA_CORES"});
    options.cores = 5;
    CHECK(run(options).exit_code == 5);
}

TEST_CASE("thread_limit: as many threads as the share has cores, begun ones among them") {
    const auto limit = thread_limit(8);
    CHECK(limit->environment(0.5).at("OMP_NUM_THREADS") == "4");
    CHECK(limit->environment(0.51).at("OMP_NUM_THREADS") == "5");
    CHECK(limit->environment(0.01).at("OMP_NUM_THREADS") == "1");
    CHECK(limit->environment(0).empty());
}

namespace {

/// Of a process, from /proc.
int parent_of(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string word; file >> word;)
        if (word == "PPid:") {
            int parent = 0;
            file >> parent;
            return parent;
        }
    return 0;
}

/// Calls `attack` with the job's process id, once it runs for a while.
JobHooks attacked(std::function<void(int)> attack) {
    JobHooks hooks;
    auto pid = std::make_shared<int>(0);
    auto looks = std::make_shared<int>(0);
    hooks.on_record = [pid](const JobRecord& record) { *pid = record.pid; };
    hooks.next_order = [pid, looks, attack]() -> std::optional<JobOrder> {
        if (*pid > 0 && ++*looks == 20) attack(*pid);
        return std::nullopt;
    };
    return hooks;
}

JobOptions impatient(std::vector<std::string> command) {
    auto options = job_of(std::move(command));
    options.report_every = 0.1;
    options.grace = 0.2;
    options.stopped_patience = 0.5;
    return options;
}

}  // namespace

TEST_CASE("run_job: what does not answer is ended, whoever of the two was stopped") {
    struct Case {
        const char* name;
        std::function<void(int)> attack;
        int exit_code;
        double deadline;  // seconds from now; 0 = none
    };
    const auto stop_job = [](int pid) { kill(pid, SIGSTOP); };
    const auto stop_keeper = [](int pid) { kill(parent_of(pid), SIGSTOP); };
    const std::vector<Case> cases{
        {"the job", stop_job, 137, 0},
        {"the job, its end is due", stop_job, 124, 0.6},
        {"the keeper, its job ends", [&](int pid) { stop_keeper(pid), kill(pid, SIGTERM); }, 137,
         0},
        {"the keeper, the end is due", stop_keeper, 124, 0.6},
        {"both", [&](int pid) { stop_keeper(pid), stop_job(pid); }, 137, 0},
        {"the keeper is killed", [](int pid) { kill(parent_of(pid), SIGKILL); }, 137, 0},
    };
    for (const auto& c : cases) {
        CAPTURE(c.name);
        auto options = impatient({"sleep", "60"});
        if (c.deadline > 0) options.deadline = run_time() + c.deadline;
        int job = 0, keeper = 0;
        auto hooks = attacked([&](int pid) {
            job = pid;
            keeper = parent_of(pid);
            c.attack(pid);
        });
        const Seconds begun = SystemClock().now();
        CHECK(run(options, hooks).exit_code == c.exit_code);
        CHECK(SystemClock().now() - begun < 10);
        REQUIRE(keeper > 1);
        // Their end is ordered; on a busy machine it takes a moment.
        for (const int pid : {job, keeper})
            for (int i = 0; i < 200 && process_state(pid) != ProcessState::ended; ++i)
                SystemClock().sleep(0.02);
        CHECK(process_state(job) == ProcessState::ended);
        CHECK(process_state(keeper) == ProcessState::ended);
    }
}

TEST_CASE("run_job: a job that is paused, or held to a small share by being stopped, is left") {
    auto options = impatient({"sh", "-c", "while :; do :; done"});
    options.order.share = 0.05;
    options.deadline = run_time() + 2;
    CHECK(run(options).exit_code == 124);

    options = impatient({"sleep", "1.5"});
    int asked = 0;
    JobHooks hooks;
    hooks.next_order = [&]() -> std::optional<JobOrder> {
        ++asked;
        if (asked == 5) return JobOrder{JobOrder::State::pause, 0};
        if (asked == 60) return JobOrder{JobOrder::State::run, 0};
        return std::nullopt;
    };
    CHECK(run(options, hooks).exit_code == 0);
}

TEST_CASE("run_job: without a patience a stopped job may go on when it likes") {
    auto options = impatient({"sleep", "0.2"});
    options.stopped_patience = 0;
    std::thread later;
    auto hooks = attacked([&](int pid) {
        kill(pid, SIGSTOP);
        later = std::thread([pid] {
            SystemClock().sleep(1);
            kill(pid, SIGCONT);
        });
    });
    hooks.on_problem = [](const std::string& text) { FAIL(text); };
    options.command = {"sleep", "1"};
    CHECK(run(options, hooks).exit_code == 0);
    later.join();
}

TEST_CASE("run_job: deadlines are of the run's clock, which the job is told") {
    const std::string before = run_clock();
    // As after a wall clock that was set by an hour, both ways.
    for (const double setting : {3600.0, -3600.0, 40.0, -60.0}) {
        CAPTURE(setting);
        std::istringstream words(before);
        std::string boot;
        double monotonic = 0;
        words >> boot >> monotonic;
        join_run_clock(boot + " " + std::to_string(monotonic + setting) + " 0");
        auto options = job_of({"sleep", "60"});
        options.grace = 0.2;
        options.deadline = run_time() + 0.3;
        const Seconds begun = SystemClock().now();
        CHECK(run(options).exit_code == 124);
        const Seconds taken = SystemClock().now() - begun;
        CHECK(taken >= 0.25);
        CHECK(taken < 3);
        CHECK(run(job_of({"sh", "-c",
                          "case \"$EKYA_RUN_CLOCK\" in " + boot + "*) ;; *) exit 1; esac"}))
                  .exit_code == 0);
    }
    join_run_clock(before);
}
