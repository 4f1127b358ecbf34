#include <doctest/doctest.h>
#include <unistd.h>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/status/status_reader.hpp"
#include "ekya/store/live_files.hpp"
#include "ekya/store/store_lock.hpp"
#include "ekya/window/job_directory.hpp"
#include "ekya/wire/state_file.hpp"
#include "ekya/wire/state_records.hpp"
#include "ekya/wire/status_records.hpp"
#include "store/stored.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
namespace fs = std::filesystem;

namespace {

using State = CameraStatus::State;
using Health = StoreStatus::Health;
using Program = RunCamera::Program;

std::string host_name() {
    std::string host(256, '\0');
    gethostname(host.data(), host.size() - 1);
    return host.c_str();
}

RunCamera run_camera(const std::string& stream) {
    RunCamera camera;
    camera.stream = stream;
    camera.ingestion = camera.inference = Program::runs;
    return camera;
}

/// A service of the cameras a and b in window 7, as its programs leave it.
struct Fixture {
    Scratch scratch;
    Store store{scratch / "store"};
    double now = unix_time();
    RunState run;

    Fixture() {
        fs::create_directories(store.root() / "run");
        run.program = "ekya-serve";
        run.host = host_name();
        run.process = getpid();
        run.updated = now;
        run.window_seconds = 200;
        run.window = 7;
        run.window_ends = now + 80;
        for (const char* stream : {"a", "b"}) {
            (void)store.write_model(card_of(stream, "base"),
                                    [](const fs::path& file) { write(file, "weights"); });
            store.set_serving(stream, "base");
            run.cameras.push_back(run_camera(stream));
            source(stream, SourceState::State::live);
            inference(stream, now);
        }
        write_run();
    }
    void write_run() const {
        REQUIRE(write_state(LiveFiles(store.root()).run_state(), encode(run)));
    }
    void source(const std::string& stream, SourceState::State state,
                const std::string& reason = "") const {
        SourceState source;
        source.stream = stream;
        source.state = state;
        source.reason = reason;
        source.since = now - 100;
        source.updated = now;
        source.fps = 10;
        source.frames = 1000;
        REQUIRE(write_state(LiveFiles(store.root()).source_state(stream), encode(source)));
    }
    void inference(const std::string& stream, double updated) const {
        InferenceState state;
        state.stream = stream;
        state.model = "base";
        state.since = now - 90;
        state.window = 7;
        state.seen = 900;
        state.analysed = 450;
        state.lost = 3;
        state.seen_fps = 10;
        state.analysed_fps = 5;
        state.latency = 0.02;
        state.updated = updated;
        REQUIRE(write_state(LiveFiles(store.root()).inference_state(stream), encode(state)));
    }
    [[nodiscard]] StoreStatus status() const { return StatusReader(store.root()).read(); }
    [[nodiscard]] StoreStatus held() const {
        const StoreLock lock(store.root(), "ekya-serve");
        return status();
    }
};

WindowAccuracy accuracy_of(const std::string& stream, int window) {
    WindowAccuracy accuracy;
    accuracy.stream = stream;
    accuracy.window = window;
    accuracy.seconds = 200;
    accuracy.objects = 400;
    accuracy.correct = 300;
    accuracy.accuracy = 0.75;
    return accuracy;
}

RetrainingRecord retraining_of(const std::string& stream, int window) {
    RetrainingRecord record;
    record.stream = stream;
    record.window = window;
    record.config = "e5";
    record.expected_end = 60;
    record.moments.push_back({RetrainingMoment::What::planned, 5, 0.5});
    return record;
}

}  // namespace

TEST_CASE("StatusReader: a service whose cameras are all live is healthy") {
    const Fixture f;
    const auto status = f.held();
    CHECK(status.health == Health::healthy);
    REQUIRE(status.holder);
    CHECK(status.holder->program == "ekya-serve");
    CHECK(status.holder->process == getpid());
    CHECK(status.window == 7);
    REQUIRE(status.window_left);
    CHECK(*status.window_left == doctest::Approx(80).epsilon(0.05));
    CHECK(status.disk_size > status.disk_free);
    REQUIRE(status.cameras.size() == 2);
    const auto& a = status.cameras.front();
    CHECK(a.state == State::live);
    CHECK(a.model == "base");
    CHECK(a.model_since == f.now - 90);
    CHECK(a.analysed == 450);
    CHECK(a.analysed_fps == 5);
    CHECK(a.lost == 3);
    CHECK_FALSE(a.score);  // no window is over
    CHECK(a.problems.empty());
}

TEST_CASE("StatusReader: without a program the store is down, whatever its records say") {
    const Fixture f;
    { const StoreLock lock(f.store.root(), "ekya-serve"); }  // its text stays
    const auto status = f.status();
    CHECK(status.health == Health::down);
    CHECK_FALSE(status.holder);
    CHECK(status.problems == std::vector<std::string>{"nobody runs the store"});
    CHECK(status.cameras.front().state == State::stopped);
    CHECK(status.cameras.front().analysed_fps == 0);
    CHECK(status.cameras.front().analysed == 450);
}

TEST_CASE("StatusReader: of another machine only what is written says that it runs") {
    Fixture f;
    f.run.host = "elsewhere";
    f.write_run();
    CHECK(f.status().health == Health::healthy);
    f.run.updated = f.now - 100;
    f.write_run();
    CHECK(f.status().health == Health::down);
}

TEST_CASE("StatusReader: a program that says nothing any more is down, though it holds the store") {
    Fixture f;
    f.run.updated = f.now - 100;
    f.write_run();
    const auto status = f.held();
    CHECK(status.health == Health::down);
    CHECK(contains(status.problems.front(), "has not been heard of for 100 s"));
}

TEST_CASE("StatusReader: each camera that is not well says why") {
    struct Case {
        std::string name;
        SourceState::State source;
        Program ingestion, inference;
        double answered;  // ago
        State state;
        std::string problem;
    };
    const std::vector<Case> cases{
        {"away", SourceState::State::away, Program::runs, Program::runs, 0, State::away, "refused"},
        {"connecting", SourceState::State::connecting, Program::runs, Program::runs, 0,
         State::connecting, "first frame"},
        {"an earlier process failed", SourceState::State::failed, Program::runs, Program::runs, 0,
         State::connecting, "first frame"},
        {"waits", SourceState::State::failed, Program::waits, Program::runs, 0, State::waiting,
         "recording has failed, and waits to be started again: refused"},
        {"failed", SourceState::State::failed, Program::ended, Program::runs, 0, State::failed,
         "has failed: refused"},
        {"deaf", SourceState::State::live, Program::runs, Program::runs, 60, State::live,
         "no answer for 60 s"},
        {"crashing", SourceState::State::live, Program::runs, Program::waits, 0, State::live,
         "inference has failed"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.name);
        Fixture f;
        f.source("a", one.source, "refused");
        f.inference("a", f.now - one.answered);
        f.run.cameras.front().ingestion = one.ingestion;
        f.run.cameras.front().inference = one.inference;
        f.write_run();
        const auto status = f.held();
        CHECK(status.health == Health::degraded);
        const auto& a = status.cameras.front();
        CHECK(a.state == one.state);
        REQUIRE(a.problems.size() == 1);
        CHECK_MESSAGE(contains(a.problems.front(), one.problem), a.problems.front());
        CHECK(status.cameras.back().problems.empty());
    }
}

TEST_CASE("StatusReader: a video that has ended is no problem, a full disk is one of all cameras") {
    Fixture f;
    f.source("a", SourceState::State::ended);
    f.run.cameras.front().ingestion = Program::ended;
    f.write_run();
    auto status = f.held();
    CHECK(status.health == Health::healthy);
    CHECK(status.cameras.front().state == State::ended);
    f.run.recording = false;
    for (auto& camera : f.run.cameras) camera.ingestion = Program::none;
    f.source("a", SourceState::State::ended, "interrupted by signal 15");
    f.source("b", SourceState::State::ended, "interrupted by signal 15");
    f.write_run();
    status = f.held();
    CHECK(status.health == Health::degraded);
    CHECK(contains(status.problems.front(), "no room"));
    for (const auto& camera : status.cameras) {
        CHECK(camera.state == State::stopped);
        CHECK(contains(camera.problems.front(), "the disk has no room"));
    }
}

TEST_CASE("StatusReader: the newest score, labels and retraining, of whichever window has them") {
    const Fixture f;
    for (int window = 0; window < 20; ++window) f.store.write_accuracy(accuracy_of("a", window));
    store_window(f.store, "a", 5, {"car", "car", "pedestrian"});
    store_window(f.store, "b", 6, {"car", "car"});
    auto labels = f.store.labels("b", 6);
    labels.teacher = "golden.onnx";
    labels.agreement = Agreement{"base", 40, 0.8, 0.7, 0.9};
    labels.yield = LabelYield{50, 2, 40, 8, {}};
    f.store.write_labels(labels);
    auto served = retraining_of("a", 6);
    served.outcome = RetrainingOutcome::served;
    served.model = "w00006-e5";
    f.store.write_retraining(served);
    auto runs = retraining_of("a", 7);
    runs.moments.push_back({RetrainingMoment::What::started, 10, 0.5});
    f.store.write_retraining(runs);
    auto failed = retraining_of("b", 3);
    failed.outcome = RetrainingOutcome::failed;
    failed.why = "exit code 1";
    f.store.write_retraining(failed);
    JobRecord job;
    job.id = "a.train";
    job.executor = "threads";
    job.host = "here";
    job.started = f.now - 20;
    fs::create_directories(f.store.root() / "jobs" / "00007" / "a.train");
    REQUIRE(write_record(f.store.root() / "jobs" / "00007" / "a.train", job));

    const auto status = f.held();
    CHECK(status.jobs == std::vector<std::string>{"a.train"});
    const auto &a = status.cameras.front(), &b = status.cameras.back();
    REQUIRE(a.score);
    CHECK(a.score->kind == ScoreStatus::Kind::accuracy);
    CHECK(a.score->window == 7);  // later ones are of an earlier life of the store
    CHECK(a.score->n == 400);
    REQUIRE(a.labels);
    CHECK(a.labels->window == 5);
    CHECK(a.labels->labels == 3);
    REQUIRE(a.training);
    CHECK(a.training->running);
    REQUIRE(a.training->ends_in);
    CHECK(*a.training->ends_in == doctest::Approx(60 - 10 - 20).epsilon(0.05));
    REQUIRE(a.last_training);
    CHECK(a.last_training->model == "w00006-e5");
    REQUIRE(b.score);
    CHECK(b.score->kind == ScoreStatus::Kind::agreement);
    CHECK(b.score->low == 0.7);
    CHECK(b.labels->yield == doctest::Approx(0.04));
    CHECK_FALSE(b.training);
    REQUIRE(b.last_training);
    CHECK(b.last_training->outcome == RetrainingOutcome::failed);
    REQUIRE(b.notes.size() == 2);  // few labels, and a failed retraining
    CHECK(b.problems.empty());
}

TEST_CASE("StatusReader: what is damaged is named, and hides nothing else") {
    Fixture f;
    f.store.write_accuracy(accuracy_of("a", 6));
    write(f.store.accuracy_file("b", 6), "{");
    write(f.store.stream_directory("b") / "serving.json", "[]");
    write(LiveFiles(f.store.root()).source_state("b"), "{\"schema\":");
    write(LiveFiles(f.store.root()).inference_state("b"), "");
    const auto status = f.held();
    CHECK(status.health == Health::degraded);
    CHECK(status.cameras.front().score);
    const auto& b = status.cameras.back();
    CHECK(b.state == State::connecting);
    CHECK(contains(b.problems.front(), "serving.json"));
    REQUIRE(b.notes.size() == 2);
    CHECK(contains(b.notes.front(), "00006.json"));

    write(LiveFiles(f.store.root()).run_state(), "no record");
    const auto unknown = f.held();
    REQUIRE(unknown.cameras.size() == 2);
    CHECK(unknown.cameras.front().state == State::unknown);
    CHECK(unknown.health == Health::down);
    CHECK(contains(unknown.problems.front(), "state.json"));
}

TEST_CASE("StatusReader: looking again sees what has changed") {
    Fixture f;
    const StoreLock lock(f.store.root(), "ekya-serve");
    StatusReader reader(f.store.root());
    CHECK_FALSE(reader.read().cameras.front().score);
    f.store.write_accuracy(accuracy_of("a", 6));
    CHECK(reader.read().cameras.front().score->window == 6);
    auto better = accuracy_of("a", 7);
    better.accuracy = 1;
    f.store.write_accuracy(better);
    CHECK(reader.read().cameras.front().score->value == 1);
    fs::remove_all(f.store.stream_directory("a") / "results");
    CHECK_FALSE(reader.read().cameras.front().score);
    f.run.cameras.pop_back();
    f.write_run();
    CHECK(reader.read().cameras.size() == 1);
}

TEST_CASE("store_below: of an experiment the store that was written to last") {
    const Scratch scratch;
    CHECK_THROWS_AS((void)store_below(scratch.path()), InputError);
    fs::create_directories(scratch / "bootstrap/streams");
    CHECK(store_below(scratch.path()) == scratch / "bootstrap");
    for (const char* policy : {"none", "thief"}) {
        fs::create_directories(scratch / policy / "streams");
        write(LiveFiles(scratch / policy).run_state(), "{}");
    }
    fs::last_write_time(LiveFiles(scratch / "thief").run_state(),
                        fs::file_time_type::clock::now() - std::chrono::hours(1));
    StatusReader reader(scratch.path());
    CHECK(reader.read().store == (scratch / "none").string());
    fs::last_write_time(LiveFiles(scratch / "none").run_state(),
                        fs::file_time_type::clock::now() - std::chrono::hours(2));
    CHECK(reader.read().store == (scratch / "thief").string());  // the next policy has begun
    const StoreLock lock(scratch.path(), "ekya-loop");
    CHECK(reader.read().holder->program == "ekya-loop");
}

TEST_CASE("holder_of: the lock is looked at, not taken, and links lead nowhere") {
    const Scratch scratch;
    CHECK_FALSE(holder_of(scratch.path()));
    {
        const StoreLock lock(scratch.path(), "ekya-serve");
        write(scratch / ".lock", "\x1b[31mnonsense");
        CHECK(holder_of(scratch.path())->program == "another program");
        CHECK_THROWS_AS(StoreLock(scratch.path(), "ekya-loop"), SystemError);
    }
    CHECK_FALSE(holder_of(scratch.path()));
    fs::rename(scratch / ".lock", scratch / "elsewhere");
    fs::create_symlink("elsewhere", scratch / ".lock");
    CHECK_FALSE(holder_of(scratch.path()));
}
