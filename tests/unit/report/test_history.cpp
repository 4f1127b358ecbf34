#include <doctest/doctest.h>

#include "ekya/report/history.hpp"
#include "ekya/report/picture.hpp"
#include "stored_run.hpp"

using namespace ekya;
using namespace ekya::report;
using doctest::Approx;

namespace {

const JobHistory& job(const RunHistory& run, JobHistory::Kind kind, const std::string& stream) {
    for (const auto& one : run.jobs)
        if (one.kind == kind && one.stream == stream) return one;
    throw Error("no such job");
}

}  // namespace

TEST_CASE("history: a service's windows lie on the wall clock, scores are agreements") {
    const test::Scratch scratch;
    test::write_service(scratch.path());
    const auto history = read_history(scratch.path());
    CHECK_FALSE(history.experiment);
    CHECK(history.damaged.empty());
    CHECK(history.window_seconds == 10);
    REQUIRE(history.runs.size() == 1);
    const auto& run = history.runs[0];
    CHECK(run.name.empty());
    CHECK(run.windows.at(3).begin == test::service_begin + 30);
    CHECK(run.end() == test::service_begin + 50);
    REQUIRE(run.streams.size() == 1);
    const auto& gate = run.streams[0];
    REQUIRE(gate.windows.size() == 2);
    CHECK_FALSE(gate.windows[0].accuracy);
    CHECK(gate.windows[0].agreement.value().share == Approx(0.6));
    CHECK_FALSE(gate.result.mean_accuracy);
    CHECK(gate.result.agreement.value().labels == 80);
    CHECK(gate.result.agreement.value().share == Approx(0.75));
    CHECK(gate.frames == 200);
    CHECK(gate.lost == 8);
    CHECK(run.retrainings == 1);
    REQUIRE(gate.yields.size() == 2);
    CHECK(gate.yields[0].yield.given == 60);
}

TEST_CASE("history: a model that takes over lies where it did in its window") {
    const test::Scratch scratch;
    test::write_service(scratch.path());
    const auto history = read_history(scratch.path());
    const auto& swaps = history.runs[0].streams[0].swaps;
    REQUIRE(swaps.size() == 1);
    CHECK(swaps[0].model == "w1");
    CHECK(swaps[0].time == Approx(test::service_begin + 46.5));
}

TEST_CASE("history: a retraining is judged by the next window's profile of its model") {
    const test::Scratch scratch;
    test::write_service(scratch.path());
    auto history = read_history(scratch.path());
    const auto& judged = history.runs[0].streams[0].judged;
    REQUIRE(judged.size() == 1);
    CHECK(judged[0].expected == Approx(0.8));
    CHECK(judged[0].observed == Approx(0.7));
    CHECK(judged[0].labels == 50);
    // A profile that measured another model says nothing of it.
    Store(scratch.path()).write_profile(test::profile_of("gate", 5, "base"));
    history = read_history(scratch.path());
    CHECK(history.runs[0].streams[0].judged.empty());
}

TEST_CASE("history: shares are those measured, and of plans and lives where none are stored") {
    const test::Scratch scratch;
    test::write_service(scratch.path());
    const auto history = read_history(scratch.path());
    const auto& run = history.runs[0];
    const auto& inference = job(run, JobHistory::Kind::inference, "gate");
    CHECK(inference.planned);
    REQUIRE(inference.stretches.size() == 3);
    CHECK(inference.stretches[0].granted == Approx(0.4));  // measured in window 3
    CHECK(inference.stretches[0].used == Approx(0.2));
    CHECK(inference.stretches[1].begin == Approx(test::service_begin + 42));  // the plan's begin
    CHECK(inference.stretches[1].granted == Approx(0.3));
    CHECK(inference.stretches[2].begin == Approx(test::service_begin + 48));
    CHECK(inference.stretches[2].end == Approx(test::service_begin + 50));
    const auto& retraining = job(run, JobHistory::Kind::retraining, "gate");
    REQUIRE(retraining.stretches.size() == 2);
    CHECK(retraining.stretches[0].begin == Approx(test::service_begin + 42));
    CHECK(retraining.stretches[0].granted == Approx(0.5));
    CHECK(retraining.stretches[1].granted == Approx(0.25));
    CHECK(retraining.stretches[1].end == Approx(test::service_begin + 46));
    CHECK(retraining.stretches[1].used == Approx(0.25 * 1.2 / 1.5));
}

TEST_CASE("history: damaged records are named, and nothing else is missing") {
    const test::Scratch scratch;
    test::write_service(scratch.path());
    const auto streams = scratch / "streams/gate";
    test::write(streams / "results/00005.json", "{\"schema\":\"ekya.accur");
    test::write(streams / "profiles/00004.json", "");
    test::write(streams / "retrainings/00009.json",
                test::content_of(streams / "retrainings/00004.json"));
    test::write(streams / "windows/00006/labels.json", "[]");
    test::write(streams / "serving.json", "no");
    test::write(scratch / "plans/00003.json", "null");
    const auto history = read_history(scratch.path());
    CHECK(history.damaged.size() == 6);
    for (const std::string part :
         {"results/00005.json", "profiles/00004.json", "retrainings/00009.json",
          "00006/labels.json", "serving.json", "plans/00003.json"})
        CHECK(std::any_of(history.damaged.begin(), history.damaged.end(),
                          [&](const auto& message) { return test::contains(message, part); }));
    const auto& gate = history.runs[0].streams[0];
    CHECK(gate.windows.size() == 2);
    CHECK(gate.profiles.size() == 2);
    CHECK(gate.retrainings.size() == 1);
}

TEST_CASE("history: an experiment's runs lie on stream time, whatever the pace") {
    const test::Scratch scratch;
    test::write_experiment(scratch.path());
    const auto history = read_history(scratch.path());
    CHECK(history.experiment);
    CHECK(history.window_seconds == 10);
    REQUIRE(history.runs.size() == 2);
    const auto& best = history.runs[0];
    CHECK(best.name == "best");
    CHECK(best.windows.at(2).begin == 20);
    CHECK(best.mean_accuracy.value() == Approx(0.85));
    CHECK(history.runs[1].mean_accuracy.value() == Approx(0.65));
    CHECK(&main_run(history) == &best);
    // Begun 5 s after the run on the clock, which are 10 s of video.
    const auto& inference = job(best, JobHistory::Kind::inference, "a");
    REQUIRE(inference.stretches.size() == 1);
    CHECK(inference.stretches[0].begin == Approx(30));
    CHECK(inference.stretches[0].end == Approx(40));
}

TEST_CASE("history: one policy's store of an experiment is read as a part of it") {
    const test::Scratch scratch;
    test::write_experiment(scratch.path());
    const auto history = read_history(scratch / "best");
    CHECK(history.experiment);
    REQUIRE(history.runs.size() == 1);
    CHECK(history.runs[0].name == "best");
    CHECK(history.pace == 2);
}

TEST_CASE("history: a directory that is no store is refused") {
    const test::Scratch scratch;
    CHECK_THROWS_AS((void)read_history(scratch.path()), InputError);
    CHECK_THROWS_AS((void)read_history(scratch / "nosuch"), InputError);
}

TEST_CASE("history: numbers of hostile records end nothing and stay on the page") {
    const test::Scratch scratch;
    test::write_service(scratch.path());
    const Store store(scratch.path());
    auto accuracy = test::accuracy_of("gate", 999'999'999, {});
    accuracy.seconds = 1e99;
    accuracy.utc = "9999-12-31T23:59:59Z";
    accuracy.models = {{"base", 0, -1e99}, {"w1", 0, 1e99}};
    store.write_accuracy(accuracy);
    auto retraining = test::retraining_of("gate", 999'999'999, RetrainingOutcome::stopped);
    for (auto& moment : retraining.moments) moment.time = 1e99;
    store.write_retraining(retraining);
    test::write(scratch / "jobs/gate.infer/use.jsonl",
                "{\"schema\":\"ekya.job-use/1\",\"time\":1e50,\"seconds\":1e90,\"share\":1e6,"
                "\"paused\":false,\"used\":1e90,\"throttled\":0}\n");
    const auto history = read_history(scratch.path());
    const auto pictures = pictures_of(history);
    CHECK(pictures.size() >= 6);
    for (const auto& picture : pictures)
        for (const std::string number : {"inf ", "inf\n", "inf]"})
            CHECK_FALSE(test::contains(picture.script, number));
}

TEST_CASE("pictures: a journal that is cut off is drawn as far as it goes") {
    const test::Scratch scratch;
    test::write_service(scratch.path());
    test::write(scratch / "logs/00004/journal.jsonl",
                "{\"schema\":\"ekya.window-event/1\",\"what\":\"hold\",\"stream\":\"gate\","
                "\"time\":0,\"value\":0.4}\n"
                "{\"schema\":\"ekya.window-event/1\",\"what\":\"hold\",\"stream\":\"gate\","
                "\"time\":5,\"value\":0.6}\n"
                "{\"schema\":\"ekya.wind");
    const auto history = read_history(scratch.path());
    const auto pictures = pictures_of(history, {{}, 4});
    CHECK(pictures[0].name == "window-4");
    CHECK(test::contains(pictures[0].caption, "cannot be read further"));
    REQUIRE(pictures[0].table.rows.size() == 1);
    CHECK(pictures[0].table.rows[0] ==
          std::vector<std::string>{"gate: inference", "gate", "0", "5", "0.4"});
}

TEST_CASE("pictures: a policy that was not run and a window without a journal are refused") {
    const test::Scratch scratch;
    test::write_experiment(scratch.path());
    const auto history = read_history(scratch.path());
    CHECK_THROWS_AS((void)pictures_of(history, {{"thief"}, {}}), ConfigError);
    CHECK_THROWS_AS((void)pictures_of(history, {{}, 2}), ConfigError);
}
