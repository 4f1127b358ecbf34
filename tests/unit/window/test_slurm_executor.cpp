// The cases on a cluster run where tests/scripts/test_slurm.sh has set one up: EKYA_TEST_CLUSTER is
// its directory, EKYA_BIN that of the programs.
#include <sys/wait.h>

#include <cstdlib>

#include "ekya/window/slurm_executor.hpp"
#include "executor_contract.hpp"

using namespace ekya;
using test::content_of;
using test::ExecutorContract;

namespace {

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

/// A directory that the boxes' users may enter, and a way to make executors.
struct OnCluster {
    test::Scratch scratch;
    SlurmOptions options;
    ExecutorContract contract;

    OnCluster()
        : contract([this] { return std::make_unique<SlurmExecutor>(options); }, 0.5,
                   scratch.path()) {
        options.device = "cpu";
        options.ekya_run = variable("EKYA_BIN") + "/ekya-run";
        options.run_options = {"--executor", "threads"};
    }
    static bool is_there() { return !variable("EKYA_TEST_CLUSTER").empty(); }
    /// A function of tests/scripts/slurm_cluster.sh.
    static bool cluster(const std::string& call) {
        return std::system(("bash -c 'source " EKYA_SOURCE_DIR
                            "/tests/scripts/slurm_cluster.sh; PATH=$PATH:/usr/sbin:/sbin "
                            "cluster=$EKYA_TEST_CLUSTER; " +
                            call + "' >&2")
                               .c_str()) == 0;
    }
    static bool nothing_queued() { return cluster("[[ -z $(squeue --noheader) ]]"); }
    /// A job of 30 s that ends with 7 when it runs a second time; its first box is in the file.
    [[nodiscard]] std::vector<std::string> long_once(const std::string& file) const {
        return {"bash", "-c",
                "echo record; [[ ! -e $0 ]] || exit 7; printf \"%s\" \"$SLURMD_NODENAME\" "
                ">\"$0.part\"; mv \"$0.part\" \"$0\"; sleep 30",
                (scratch / file).string()};
    }
};

}  // namespace

TEST_CASE("slurm_boxes_from: the smallest box, all CPUs, and what they have") {
    const std::string lines = "8 gpu:1,mps:100\n4+ (null)\n16 gpu:2\n";
    const auto boxes = slurm_boxes_from(lines, "auto");
    CHECK(boxes.box_cpus == 4);
    CHECK(boxes.cpus == 28);
    CHECK_FALSE(boxes.on_cpu);
    CHECK(boxes.has_mps);
    CHECK(slurm_boxes_from(lines, "cpu").on_cpu);
    CHECK_FALSE(slurm_boxes_from(lines, "cpu").has_mps);
    CHECK(slurm_boxes_from("", "auto").cpus == 0);
}

TEST_CASE("slurm_grant: CPUs are granted whole, GPUs in shares") {
    using Options = std::vector<std::string>;
    SlurmBoxes boxes{4, 8, true, false};
    CHECK(slurm_grant(0.4, boxes, 1) == Options{"--cpus-per-task=2"});
    CHECK(slurm_grant(0.5, boxes, 1) == Options{"--cpus-per-task=2"});
    CHECK(slurm_grant(7, boxes, 1) == Options{"--cpus-per-task=4"});
    CHECK(slurm_grant(0, boxes, 3) == Options{"--cpus-per-task=3"});
    CHECK(slurm_grant(0, boxes, 9) == Options{"--cpus-per-task=4"});
    boxes.has_mps = true;
    CHECK(slurm_grant(0.071, boxes, 1) == Options{"--gres=mps:8", "--cpus-per-task=1"});
    CHECK(slurm_grant(0.29, boxes, 2) == Options{"--gres=mps:29", "--cpus-per-task=2"});
    CHECK(slurm_grant(0, boxes, 1) == Options{"--gres=mps:100", "--cpus-per-task=1"});
}

TEST_CASE("SlurmExecutor: without Slurm a configuration that asks for it is wrong") {
    const std::string path = variable("PATH");
    setenv("PATH", "/nonexistent", 1);
    const std::string message =
        test::message_of<ConfigError>([] { const SlurmExecutor executor({}); });
    setenv("PATH", path.c_str(), 1);
    CHECK(test::contains(message, "is not installed"));
}

TEST_SUITE("on a cluster" * doctest::skip(!OnCluster::is_there())) {
    TEST_CASE("SlurmExecutor keeps the contract") {
        OnCluster on;
        on.contract.check_commands();
        on.contract.check_names();
        on.contract.check_finish();
        on.contract.check_deadline();
        on.contract.check_destruction();
        CHECK(ExecutorContract::comes_true([] { return OnCluster::nothing_queued(); }));
        for (const auto& name : on.scratch.entries()) CHECK(name.rfind(".", 0) != 0);
    }

    // How exactly a share is held is ekya-run's matter; here it has to arrive, and be of the right
    // cores.
    TEST_CASE("SlurmExecutor keeps the contract: shares") {
        OnCluster on;
        on.contract.check_shares();
    }

    TEST_CASE("SlurmExecutor: what the boxes are; a partition that is not there is named") {
        OnCluster on;
        const auto boxes = find_slurm_boxes(on.options);
        CHECK(boxes.box_cpus == 4);
        CHECK(boxes.cpus == 8);
        CHECK_FALSE(boxes.has_mps);
        on.options.partition = "nosuch";
        CHECK(test::contains(
            test::message_of<ConfigError>([&] { const SlurmExecutor executor(on.options); }),
            "nosuch"));
    }

    TEST_CASE("SlurmExecutor: shares of CPUs and of GPUs are asked for") {
        OnCluster on;
        on.contract.open();
        CHECK(on.contract.run({"printenv", "SLURM_CPUS_ON_NODE"}, 0.4) == 0);
        CHECK(content_of(on.contract.records()) == "2\n");
        setenv("SLURM_JOB_ID", "4711", 1);  // an allocation around us is not for our jobs
        setenv("SLURM_NTASKS", "3", 1);
        CHECK(on.contract.run({"echo", "once"}) == 0);
        unsetenv("SLURM_JOB_ID");
        unsetenv("SLURM_NTASKS");
        CHECK(content_of(on.contract.records()) == "once\n");
        on.options.device = "auto";
        on.contract.open();
        CHECK(on.contract.run({"printenv", "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE"}, 0.4) == 0);
        CHECK(content_of(on.contract.records()) == "40\n");
    }

    TEST_CASE("SlurmExecutor: a job that Slurm refuses, and one that waits until its deadline") {
        OnCluster on;
        const std::string ran = on.scratch / "ran";
        on.options.options = {"--partition=nosuch"};
        on.contract.open();
        CHECK(on.contract.run({"touch", ran}) == 1);
        CHECK(test::contains(content_of(on.contract.log()), "partition"));

        on.options.options = {"--begin=now+60"};
        on.contract.open();
        auto request = on.contract.request({"touch", ran});
        request.deadline = run_time() + 2;
        const SystemClock clock;
        const Seconds begun = clock.now();
        on.contract.executor().start(request);
        CHECK(on.contract.end_of("job") == 124);
        CHECK(clock.now() - begun < 6);
        CHECK_FALSE(std::filesystem::exists(ran));
        CHECK(ExecutorContract::comes_true([] { return OnCluster::nothing_queued(); }));
    }

    TEST_CASE("SlurmExecutor: an order to a job that waits is told when it runs") {
        OnCluster on;
        on.options.options = {"--begin=now+2"};
        on.contract.open();
        auto request = on.contract.request({"sleep", "60"}, 0.5);
        request.directory = on.contract.directory();
        on.contract.executor().start(request);
        ExecutorContract::sleep(0.3);
        on.contract.executor().order("job", {JobOrder::State::pause, 0.25});
        CHECK(ExecutorContract::comes_true(
            [&] { return on.contract.executor().record("job")->state == "paused"; }));
        CHECK(on.contract.executor().record("job")->share == 0.25);
        on.contract.executor().order("job", {JobOrder::State::stop, 0.25});
        CHECK(on.contract.end_of("job") == 143);
    }

    TEST_CASE("SlurmExecutor: its process killed, the job is told to end; none stays queued") {
        OnCluster on;
        const auto begun = on.scratch / "begun", told = on.scratch / "told";
        const pid_t holder = fork();
        if (holder == 0) {
            on.contract.open();
            on.contract.executor().start(
                on.contract.request({"bash", "-c",
                                     "trap 'touch " + told.string() + "; exit 5' TERM; touch " +
                                         begun.string() + "; while :; do sleep 0.1; done"}));
            ExecutorContract::sleep(600);
            _exit(0);
        }
        CHECK(ExecutorContract::comes_true([&] { return std::filesystem::exists(begun); }));
        kill(holder, SIGKILL);
        waitpid(holder, nullptr, 0);
        CHECK(ExecutorContract::comes_true([&] { return std::filesystem::exists(told); }));
        CHECK(ExecutorContract::comes_true([] { return OnCluster::nothing_queued(); }));
    }

    TEST_CASE("SlurmExecutor: a box dies, its job runs again on the other one") {
        OnCluster on;
        on.contract.open();
        on.contract.executor().start(on.contract.request(on.long_once("box")));
        const auto box = on.scratch / "box";
        REQUIRE(ExecutorContract::comes_true([&] { return std::filesystem::exists(box); }));
        const std::string name = content_of(box);
        CHECK(OnCluster::cluster("cluster_kill " + name));
        const int code = on.contract.end_of("job");
        const std::string log = content_of(on.contract.log());
        CAPTURE(log);
        CHECK(code == 7);
        CHECK(content_of(on.contract.records()) == "record\n");  // once
        CHECK(test::contains(log, "warning: box " + name + " is lost"));
        CHECK(ExecutorContract::times("\n# box", log) == 2);
        CHECK(OnCluster::cluster("cluster_revive " + name));
    }
}
