#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ekya/device/job.hpp"

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
    auto record =
        run_job(job_of({"sleep", "60"}, 0.3), *limit, hooks_for(0.6, at_once, at_once, problems));
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
