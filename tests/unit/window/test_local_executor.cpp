#include "ekya/window/local_executor.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <csignal>

#include "ekya/window/job_directory.hpp"
#include "ekya/window/job_files.hpp"
#include "ekya/window/journal.hpp"
#include "ekya/window/store_jobs.hpp"
#include "executor_contract.hpp"

using namespace ekya;
using test::ExecutorContract;

namespace {

ShareHolderOptions held_by(const std::string& kind) {
    ShareHolderOptions options;
    options.kind = kind;
    return options;
}

std::function<std::unique_ptr<Executor>()> maker(const std::string& kind) {
    return [kind] {
        LocalExecutorOptions options;
        options.holder = held_by(kind);
        options.grace = 0.5;
        return std::make_unique<LocalExecutor>(options);
    };
}

bool has_cgroups() {
    try {
        const ShareHolder holder(held_by("cgroup"));
        return true;
    } catch (const ConfigError&) {
        return false;
    }
}

std::vector<std::string> kinds() {
    return has_cgroups() ? std::vector<std::string>{"threads", "cgroup"}
                         : std::vector<std::string>{"threads"};
}

}  // namespace

TEST_CASE("LocalExecutor keeps the contract: commands, names, ends") {
    for (const auto& kind : kinds()) {
        CAPTURE(kind);
        const test::Scratch scratch;
        ExecutorContract contract(maker(kind), 0.15, scratch.path());
        contract.check_commands();
        contract.check_names();
        contract.check_finish();
        contract.check_deadline();
        contract.check_destruction();
    }
}

TEST_CASE("LocalExecutor keeps the contract: shares") {
    for (const auto& kind : kinds()) {
        CAPTURE(kind);
        const test::Scratch scratch;
        ExecutorContract contract(maker(kind), kind == "threads" ? 0.2 : 0.12, scratch.path());
        contract.check_shares();
    }
}

TEST_CASE("LocalExecutor: its process killed by SIGKILL, nothing of a job is left") {
    const test::Scratch scratch;
    const ExecutorContract watched(maker("threads"), 0.15, scratch.path());
    const pid_t holder = fork();
    if (holder == 0) {
        ExecutorContract(maker("threads"), 0.15, scratch.path()).hold_for_ever();
        _exit(0);
    }
    CHECK(ExecutorContract::comes_true([&] { return std::filesystem::exists(watched.begun()); }));
    CHECK_FALSE(watched.nothing_left());
    kill(holder, SIGKILL);
    waitpid(holder, nullptr, 0);
    CHECK(ExecutorContract::comes_true([&] { return watched.nothing_left(); }));
}

TEST_CASE("LocalExecutor: two jobs at once are each held to a share of their own") {
    const test::Scratch scratch;
    LocalExecutorOptions options;
    options.holder = held_by("threads");
    options.holder.cores = 1;
    LocalExecutor executor(options);
    for (const auto& [name, share] : {std::pair("a", 0.4), {"b", 0.1}}) {
        JobRequest request;
        request.name = name;
        request.command = {"sh", "-c", "while :; do :; done"};
        request.share = share;
        request.deadline = run_time() + 2;
        request.log = scratch / (request.name + ".log");
        executor.start(request);
    }
    std::map<std::string, JobRecord> ends;
    for (int i = 0; i < 50 && ends.size() < 2; ++i)
        for (const auto& end : executor.wait(0.2)) ends[end.name] = end.record;
    REQUIRE(ends.size() == 2);
    for (const auto& end : ends) {
        CAPTURE(end.first);
        const JobRecord& record = end.second;
        CHECK(record.exit_code == 124);
        CHECK(record.used < 1.2 * record.granted);
        CHECK(record.used > 0.4 * record.granted);  // what else the machine does may take the rest
    }
    CHECK(ends["a"].used > 2 * ends["b"].used);
}

TEST_CASE("LocalExecutor: what cannot be started says why, and the name stays free") {
    const test::Scratch scratch;
    ExecutorContract contract(maker("threads"), 0.15, scratch.path());
    contract.open();
    auto request = contract.request({"true"});
    request.records = scratch / "nowhere/records";
    CHECK_THROWS_AS(contract.executor().start(request), SystemError);
    request = contract.request({});
    CHECK_THROWS_AS(contract.executor().start(request), DomainError);
    CHECK(contract.run({"true"}) == 0);
}

TEST_CASE("LocalExecutor: a worker starts what it knows, with the job's files and share") {
    const test::Scratch scratch;
    LocalExecutorOptions options;
    options.holder = held_by(has_cgroups() ? "cgroup" : "threads");
    options.holder.cores = 1;
    options.worker = EKYA_FAKE_WORKER;
    options.worker_runs = {"fake-tool"};
    const std::string tool = std::filesystem::path(options.worker).parent_path() / "fake-tool";
    ExecutorContract contract([&] { return std::make_unique<LocalExecutor>(options); }, 0.15,
                              scratch.path());
    contract.open();
    CHECK(contract.run({tool, "say", "word"}) == 0);
    CHECK(test::content_of(contract.records()).rfind("forked\n", 0) == 0);
    CHECK(test::contains(test::content_of(contract.log()), "\na message\n# exit 0 after "));
    auto busy = contract.request({tool, "busy"}, 0.4);
    busy.directory = contract.directory();
    busy.deadline = run_time() + 1.5;
    contract.executor().start(busy);
    CHECK(contract.end_of("job") == 124);
    const auto record = contract.executor().record("job");
    CHECK(record->used == doctest::Approx(record->granted).epsilon(0.15));
    contract.check_names();  // of programs that are executed, beside the worker
}

namespace {

/// No file may be longer while this lives: what a full disk does to all of them.
class FullDisk {
public:
    FullDisk() {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit now{0, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &now);
    }
    ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    rlimit before_{};
};

}  // namespace

TEST_CASE("LocalExecutor: on a full disk jobs run on; the last record follows when there is room") {
    const test::Scratch scratch;
    ExecutorContract contract(maker("threads"), 0.15, scratch.path());
    contract.open();
    auto request = contract.request({"sleep", "0.3"});
    request.directory = contract.directory();
    contract.executor().start(request);
    const JobFiles files(request.directory);
    CHECK(ExecutorContract::comes_true([&] { return files.running().has_value(); }));
    {
        const FullDisk full;
        CHECK(contract.end_of("job") == 0);
        CHECK(files.running().has_value());
        // One that begins on a full disk runs too.
        request.name = "other";
        request.command = {"true"};
        request.directory = scratch / "jobs/other";
        contract.executor().start(request);
        CHECK(contract.end_of("other") == 0);
    }
    CHECK(ExecutorContract::comes_true([&] {
        (void)contract.executor().wait(0.05);
        return !files.running() && JobFiles(request.directory).record().has_value();
    }));
    CHECK(files.record()->exit_code == 0);
    CHECK(JobFiles(request.directory).record()->state == "ended");
    for (const auto& entry : std::filesystem::directory_iterator(contract.directory()))
        CHECK(entry.path().filename().string().front() != '.');
}

TEST_CASE("LocalExecutor: a job that a signal has stopped does not hold up those who wait for it") {
    const test::Scratch scratch;
    LocalExecutorOptions options;
    options.holder = held_by("threads");
    options.report_every = 0.1;
    options.stopped_patience = 0.5;
    ExecutorContract contract([&] { return std::make_unique<LocalExecutor>(options); }, 0.15,
                              scratch.path());
    contract.open();
    contract.executor().start(contract.request({"sleep", "60"}));
    CHECK(ExecutorContract::comes_true([&] { return contract.executor().record("job")->pid > 0; }));
    kill(contract.executor().record("job")->pid, SIGSTOP);
    CHECK(contract.end_of("job") == 137);
    CHECK(test::contains(test::content_of(contract.log()), "a signal has stopped it"));
}

TEST_CASE("end_lost_jobs: what dead holders left is said to have ended, nothing else") {
    const test::Scratch scratch;
    const pid_t dead = fork();
    if (dead == 0) _exit(0);
    waitpid(dead, nullptr, 0);
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    const auto job = [&](const std::string& name, pid_t pid, const std::string& on,
                         const std::string& state) {
        JobRecord record;
        record.id = name;
        record.executor = "threads";
        record.host = on;
        record.command = {"true"};
        record.cores = 1;
        record.pid = pid;
        record.state = state;
        if (state == "ended") record.exit_code = 0;
        std::filesystem::create_directories(scratch / "jobs" / name);
        CHECK(write_record(scratch / "jobs" / name, record));
        return JobFiles(scratch / "jobs" / name);
    };
    const auto lost = job("00001/a.train", dead, host.data(), "running");
    const auto paused = job("00002/a.train", dead, host.data(), "paused");
    const auto alive = job("a.infer", getpid(), host.data(), "running");
    const auto elsewhere = job("00002/b.train", dead, "another-box", "running");
    const auto over = job("00002/c.train", dead, host.data(), "ended");
    test::write(scratch / "jobs/damaged/job.json", "{\"schema\":");
    REQUIRE(mkfifo((scratch / "jobs/damaged/pipe").c_str(), 0600) == 0);
    std::filesystem::create_directories(scratch / "jobs/fifo");
    REQUIRE(mkfifo((scratch / "jobs/fifo/job.json").c_str(), 0600) == 0);
    CHECK(end_lost_jobs(scratch.path()) == 2);
    CHECK(lost.record()->exit_code == 137);
    CHECK(lost.record()->state == "ended");
    CHECK_FALSE(paused.running().has_value());
    CHECK(alive.running().has_value());
    CHECK(elsewhere.running().has_value());
    CHECK(over.record()->exit_code == 0);
    CHECK(end_lost_jobs(scratch.path()) == 0);
}

TEST_CASE(
    "JobDirectory: pipes in place of its files are renamed, refused or passed over, nothing "
    "waits") {
    const test::Scratch scratch;
    const auto pipe_at = [&](const std::filesystem::path& file) {
        std::filesystem::create_directories(file.parent_path());
        REQUIRE(mkfifo(file.c_str(), 0600) == 0);
    };
    pipe_at(scratch / "a/use.jsonl");
    JobDirectory(scratch / "a").add({1, 1, 0.5, false, 0.5, 0});
    CHECK(JobFiles(scratch / "a").uses().size() == 1);
    JobDirectory directory(scratch / "b");
    pipe_at(scratch / "b/order.json");
    CHECK_THROWS_AS((void)directory.next_order(), InputError);
    CHECK_FALSE(directory.next_order().has_value());  // told once
    pipe_at(scratch / "c/use.jsonl");
    CHECK(JobFiles(scratch / "c").newest_uses(10).empty());
    CHECK(JobFiles(scratch / "c").uses().empty());
    pipe_at(scratch / "log");
    CHECK(last_error(scratch / "log", "a").empty());
    ExecutorContract contract(maker("threads"), 0.15, scratch.path());
    contract.open();
    auto request = contract.request({"true"});
    request.log = scratch / "log";
    contract.executor().start(request);
    CHECK(std::filesystem::is_fifo(scratch / "log.damaged"));
    CHECK(std::filesystem::is_regular_file(scratch / "log"));
    pipe_at(scratch / "journal.jsonl");
    CHECK_THROWS_AS((void)read_journal(scratch / "journal.jsonl"), InputError);
}
