#include "ekya/window/local_executor.hpp"

#include <sys/wait.h>

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
        request.deadline = ExecutorContract::unix_time() + 2;
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
    busy.deadline = ExecutorContract::unix_time() + 1.5;
    contract.executor().start(busy);
    CHECK(contract.end_of("job") == 124);
    const auto record = contract.executor().record("job");
    CHECK(record->used == doctest::Approx(record->granted).epsilon(0.15));
    contract.check_names();  // of programs that are executed, beside the worker
}
