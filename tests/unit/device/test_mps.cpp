#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include <filesystem>
#include <fstream>

#include "ekya/device/device.hpp"
#include "ekya/device/job.hpp"
#include "ekya/device/share_holder.hpp"

using namespace ekya;
namespace fs = std::filesystem;

namespace {

/// A directory with a daemon's control program that behaves as NVIDIA's does, and a job that hands
/// over.
class FakeMps {
public:
    FakeMps() {
        root_ = fs::temp_directory_path() / ("ekya-mps-" + std::to_string(getpid()));
        fs::remove_all(root_);
        fs::create_directories(root_);
        script("control",
               "cd " + root_.string() +
                   "\nif [ \"$1\" = -d ]; then touch running; exit; fi\ntest -e running");
    }
    ~FakeMps() { fs::remove_all(root_); }
    void script(const std::string& name, const std::string& text) const {
        std::ofstream(root_ / name) << "#!/bin/sh\n" << text << '\n';
        fs::permissions(root_ / name, fs::perms::owner_all);
    }
    [[nodiscard]] std::string path(const std::string& name) const {
        return (root_ / name).string();
    }
    [[nodiscard]] std::string text(const std::string& name) const {
        std::ifstream in(root_ / name);
        return {std::istreambuf_iterator<char>(in), {}};
    }

private:
    fs::path root_;
};

JobOptions job_of(std::vector<std::string> command, double share) {
    JobOptions options;
    options.id = "test";
    options.command = std::move(command);
    options.order.share = share;
    options.grace = 0.5;
    return options;
}

/// Orders a share once `when` holds, then a stop once `enough` does.
JobHooks hooks_for(double share, const std::function<bool()>& when,
                   const std::function<bool()>& enough, std::vector<std::string>& problems) {
    JobHooks hooks;
    hooks.next_order = [share, when, enough, &problems, told = 0,
                        asked = 0]() mutable -> std::optional<JobOrder> {
        if (!problems.empty() || ++asked > 1000)
            return JobOrder{JobOrder::State::stop, share};  // nothing more will come
        if (told == 0 && when()) return ++told, JobOrder{JobOrder::State::run, share};
        if (told == 1 && enough()) return ++told, JobOrder{JobOrder::State::stop, share};
        return std::nullopt;
    };
    hooks.on_problem = [&problems](const std::string& problem) { problems.push_back(problem); };
    return hooks;
}

}  // namespace

TEST_CASE("start_mps: starts the daemon where it does not run; says what is in the way") {
    const FakeMps mps;
    CHECK(start_mps({mps.path("control")}).empty());
    CHECK(fs::exists(mps.path("running")));
    CHECK(start_mps({mps.path("control")}).empty());
    CHECK(start_mps({mps.path("nothing")}).find("is not installed") != std::string::npos);
    mps.script("dead", "exit 1");
    CHECK(start_mps({mps.path("dead")}).find("does not start") != std::string::npos);
}

TEST_CASE(
    "mps_limit: the share is a whole percentage of threads, rounded up, in the job's environment") {
    const auto limit = mps_limit({"", "0=2G"});
    CHECK(limit->environment(0.333).at("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE") == "34");
    CHECK(limit->environment(0.4).at("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE") == "40");
    CHECK(limit->environment(0.001).at("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE") == "1");
    CHECK(limit->environment(0.4).at("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT") == "0=2G");
    CHECK_FALSE(limit->environment(0).contains("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE"));
    CHECK_FALSE(mps_limit()->environment(0.4).contains("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"));
}

TEST_CASE(
    "ShareHolder: auto takes MPS for a GPU where it works, and says why not where it does not") {
    const FakeMps mps;
    ShareHolderOptions options;
    options.mps.control = mps.path("control");
    CHECK(ShareHolder(options).kind() != "mps");  // for a CPU
    CHECK_FALSE(fs::exists(mps.path("running")));
    options.gpu = true;
    const ShareHolder works(options);
    CHECK(works.kind() == "mps");
    CHECK(works.why_not_mps().empty());
    CHECK(works.limit("test")->name() == "mps");
    options.mps.control = mps.path("nothing");
    const ShareHolder fails(options);
    CHECK(fails.kind() != "mps");
    CHECK(fails.why_not_mps().find("is not installed") != std::string::npos);
    CHECK(fails.limit("test")->name() == fails.kind());
}

TEST_CASE("mps_limit: use is what the job's processes say that they used of the GPU") {
    const auto limit = mps_limit();
    CHECK(limit->use().device == 0);
    const std::string page = limit->environment(0.5).at("EKYA_METER");
    CHECK(limit->environment(0.9).at("EKYA_METER") == page);  // a replacement adds to the same
    const pid_t child = fork();
    if (child == 0) {
        setenv("EKYA_METER", page.c_str(), 1);
        MeterPage::add(1.5);
        _exit(0);
    }
    waitpid(child, nullptr, 0);
    CHECK(limit->use().device == 1.5);
}

TEST_CASE(
    "run_job with MPS: for another share a replacement loads first, the old one ends, then the new "
    "one works") {
    const FakeMps mps;
    const std::string log = mps.path("log");
    mps.script("job", "log() { echo \"$CUDA_MPS_ACTIVE_THREAD_PERCENTAGE $1\" >>" + log +
                          "; }\n"
                          "trap 'log drained; exit 143' TERM\nlog loading\nsleep 0.2\neval \"echo "
                          "r >&$EKYA_READY_FD\"\neval \"head -c 1 <&$EKYA_GO_FD\" >/dev/null\n"
                          "log works\nwhile :; do sleep 0.02; done");
    const auto limit = mps_limit();
    std::vector<std::string> problems;
    const auto says = [&](const std::string& line) {
        return [&mps, line] { return mps.text("log").find(line) != std::string::npos; };
    };
    const auto record = run_job(job_of({mps.path("job")}, 0.3), *limit,
                                hooks_for(0.6, says("30 works"), says("60 works"), problems));
    CHECK(problems.empty());
    CHECK(mps.text("log") ==
          "30 loading\n30 works\n60 loading\n30 drained\n60 works\n60 drained\n");
    CHECK(record.share == 0.6);
    CHECK(record.changes == 1);
    CHECK(record.exit_code == 143);
}

TEST_CASE(
    "run_job with MPS: a job that knows nothing of handing over keeps its share; a replacement "
    "that fails changes nothing") {
    const FakeMps mps;
    const auto limit = mps_limit();
    std::vector<std::string> problems;
    const auto at_once = [] { return true; };
    auto stubborn = job_of({"sleep", "60"}, 0.3);
    stubborn.handover_patience = 0.2;
    auto record = run_job(stubborn, *limit,
                          hooks_for(
                              0.6, at_once, [&] { return !problems.empty(); }, problems));
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find("does not offer to hand over") != std::string::npos);
    CHECK(record.share == 0.3);

    problems.clear();
    mps.script("job", "if [ -e " + mps.path("second") + " ]; then exit 5; fi\ntouch " +
                          mps.path("second") +
                          "\neval \"echo r >&$EKYA_READY_FD\"\nwhile :; do sleep 0.02; done");
    record = run_job(
        job_of({mps.path("job")}, 0.3), *limit,
        hooks_for(
            0.6,
            [&, asked = 0]() mutable { return fs::exists(mps.path("second")) && ++asked > 10; },
            [&] { return !problems.empty(); }, problems));
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find("ended with exit code 5; the job goes on") != std::string::npos);
    CHECK(record.share == 0.3);
}

TEST_CASE("run_job: where a share can change at once, nobody waits for a replacement") {
    const auto limit = thread_limit(1);
    std::vector<std::string> problems;
    auto job = job_of({"sleep", "60"}, 0.3);
    job.handover_patience = 0.05;
    const auto record = run_job(
        job, *limit,
        hooks_for(
            0.6, [] { return true; }, [asked = 0]() mutable { return ++asked > 20; }, problems));
    CHECK(problems.empty());
    CHECK(record.share == 0.6);
}

TEST_CASE("run_job with MPS: a pause stops the job, whatever share comes with it") {
    const FakeMps mps;
    const auto limit = mps_limit();
    const std::string log = mps.path("log");
    mps.script("job", "while :; do echo x >>" + log + "; sleep 0.02; done");
    std::size_t before = 0, while_paused = 0;
    JobHooks hooks;
    hooks.next_order = [&, asked = 0]() mutable -> std::optional<JobOrder> {
        ++asked;
        if (asked == 10) return JobOrder{JobOrder::State::pause, 0.01};
        if (asked == 15) before = mps.text("log").size();
        if (asked == 40) {
            while_paused = mps.text("log").size() - before;
            return JobOrder{JobOrder::State::run, 0.3};
        }
        if (asked == 60) return JobOrder{JobOrder::State::stop, 0.3};
        return std::nullopt;
    };
    const auto record = run_job(job_of({mps.path("job")}, 0.3), *limit, hooks);
    CHECK(before > 0);
    CHECK(while_paused == 0);
    CHECK(mps.text("log").size() > before);
    CHECK(record.changes == 2);
    CHECK(record.share == 0.3);
}

TEST_CASE(
    "run_job with MPS: a job that has finished when its replacement is ready is not done again; "
    "the newest of several shares counts") {
    const FakeMps mps;
    const std::string log = mps.path("log");
    const std::string hands_over =
        "eval \"echo r >&$EKYA_READY_FD\"\neval \"head -c 1 <&$EKYA_GO_FD\" >/dev/null\n"
        "echo $CUDA_MPS_ACTIVE_THREAD_PERCENTAGE works >>" +
        log + "\n";
    std::vector<std::string> problems;
    const auto works = [&] { return mps.text("log").find("works") != std::string::npos; };

    mps.script("job", "trap 'exit 0' TERM\n" + hands_over + "while :; do sleep 0.02; done");
    const auto first = mps_limit();
    auto record = run_job(job_of({mps.path("job")}, 0.3), *first,
                          hooks_for(
                              0.6, works, [] { return false; }, problems));
    CHECK(record.exit_code == 0);
    CHECK(mps.text("log") == "30 works\n");

    fs::remove(log);
    mps.script("job",
               "trap 'exit 143' TERM\nsleep 0.2\n" + hands_over + "while :; do sleep 0.02; done");
    const auto second = mps_limit();
    JobHooks hooks;
    hooks.next_order = [&, asked = 0]() mutable -> std::optional<JobOrder> {
        // The first comes while the job loads, the second while the first replacement does.
        ++asked;
        if (asked == 2) return JobOrder{JobOrder::State::run, 0.6};
        if (asked == 20) return JobOrder{JobOrder::State::run, 0.8};
        const bool done = mps.text("log").find("80 works") != std::string::npos;
        if (done || asked > 1000) return JobOrder{JobOrder::State::stop, 0.8};
        return std::nullopt;
    };
    hooks.on_problem = [&problems](const std::string& problem) { problems.push_back(problem); };
    record = run_job(job_of({mps.path("job")}, 0.3), *second, hooks);
    CHECK(problems.empty());
    CHECK(record.share == 0.8);
    CHECK(mps.text("log").ends_with("80 works\n"));
}
