#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "ekya/core/errors.hpp"
#include "ekya/window/journal.hpp"
#include "ekya/window/window_runner.hpp"
#include "fake_box.hpp"

using namespace ekya;
using namespace ekya::test;
using doctest::Approx;

namespace {

/// Two streams on one device, 100 s: labelling takes 5 s, profiling 10 s.
struct Fixture {
    FakeBox box;
    WindowOptions options;
    std::vector<std::string> said;
    std::vector<Plan> plans;

    Fixture() {
        box.inputs = {input_of("a", 0.5, 0.9, 10), input_of("b", 0.6, 0.8, 10)};
        box.takes = {{"label", 5}, {"profile", 10}, {"a", 12}, {"b", 15}};
        options.window = 4;
        options.streams = {"a", "b"};
        options.length = options.left = 100;
    }
    WindowHooks hooks() {
        WindowHooks hooks;
        hooks.say = [this](const std::string& text) { said.push_back(text); };
        hooks.on_plan = [this](const Plan& plan) { plans.push_back(plan); };
        return hooks;
    }
    WindowOutcome run() { return WindowRunner(options, box, box, box, hooks()).run(); }
    RetrainingRecord record_of(const WindowOutcome& outcome, const std::string& stream) const {
        for (const auto& record : outcome.retrainings)
            if (record.stream == stream) return record;
        return {};
    }
    [[nodiscard]] bool says(const std::string& text) const {
        for (const auto& line : said)
            if (line.find(text) != std::string::npos) return true;
        return false;
    }
};

}  // namespace

TEST_CASE("WindowRunner: labels, profiles, plans, retrains in sequence and hands the models over") {
    Fixture f;
    const auto outcome = f.run();
    CHECK(outcome.failed.empty());
    CHECK(f.box.when("label") == 0);
    CHECK(f.box.when("profile") == 5);
    REQUIRE(f.plans.size() >= 1);
    CHECK(f.plans[0].horizon == Approx(85));
    // a gains more per device-second
    CHECK(f.box.when("retrain a") == 15);
    CHECK(f.box.when("swap a new-a") == 27);
    CHECK(f.box.when("retrain b") == 27);
    for (const auto* stream : {"a", "b"}) {
        const auto record = f.record_of(outcome, stream);
        CHECK(record.outcome == RetrainingOutcome::served);
        CHECK(record.model == std::string("new-") + stream);
        using What = RetrainingMoment::What;
        REQUIRE(record.moments.size() >= 4);
        CHECK(record.moments.front().what == What::planned);
        CHECK(record.moments[record.moments.size() - 2].what == What::trained);
        CHECK(record.moments.back().what == What::ended);
    }
}

TEST_CASE("WindowRunner: a second plan is made when a retraining ends") {
    Fixture f;
    (void)f.run();
    REQUIRE(f.plans.size() >= 2);
    CHECK(f.plans[1].elapsed == Approx(12));
    CHECK(f.plans[1].horizon == Approx(73));
}

TEST_CASE("WindowRunner: labelling gets what inference leaves, at least a quarter") {
    Fixture f;
    f.box.needs = {{"a", 0.2}, {"b", 0.1}};
    f.box.decoding = 0.1;
    (void)f.run();
    CHECK(f.box.share("label") == Approx(0.6));
    CHECK(f.plans[0].gpus == Approx(0.9));

    Fixture scarce;
    scarce.box.needs = {{"a", 0.6}, {"b", 0.6}};
    (void)scarce.run();
    CHECK(scarce.box.share("label") == Approx(0.25));
    REQUIRE(scarce.box.orders.size() > 2);
    CHECK(scarce.box.orders[0].text == "hold a");
    CHECK(scarce.box.orders[0].time == 0);
}

TEST_CASE("WindowRunner: profiles have a twentieth of the window, all together") {
    Fixture f;
    f.options.jobs_at_once = 2;
    (void)f.run();
    double budget = 0;
    int jobs = 0;
    for (const auto& job : f.box.started)
        if (job.kind == WindowJob::Kind::profile) {
            budget += job.budget * static_cast<double>(job.streams.size());
            ++jobs;
        }
    CHECK(jobs == 2);
    CHECK(budget == Approx(4.5));
}

TEST_CASE("WindowRunner: a stream that cannot be labelled or profiled is left out by name") {
    Fixture f;
    f.box.fail_label["a"] = "no teacher";
    const auto outcome = f.run();
    REQUIRE(outcome.failed.size() == 1);
    CHECK(outcome.failed.at("a") == "labelling failed: no teacher");
    CHECK(f.record_of(outcome, "b").outcome == RetrainingOutcome::served);
    CHECK(f.box.when("retrain a") > 1e9);

    Fixture g;
    g.box.fail_profile = {{"a", "broken"}, {"b", "broken"}};
    const auto none = g.run();
    CHECK(none.failed.size() == 2);
    CHECK(g.plans.empty());
}

TEST_CASE("WindowRunner: what becomes of a model that is refused, late, stopped or failed") {
    Fixture f;
    WindowJobEnd refused;
    refused.model = "new-a";
    refused.promoted = false;
    refused.why = "it is worse";
    f.box.results["a"] = refused;
    f.box.refuses["b"] = "no answer";
    auto outcome = f.run();
    CHECK(outcome.failed.empty());
    CHECK(f.record_of(outcome, "a").outcome == RetrainingOutcome::refused);
    CHECK(f.record_of(outcome, "a").why == "it is worse");
    CHECK(f.box.when("swap a new-a") > 1e9);
    CHECK(f.record_of(outcome, "b").outcome == RetrainingOutcome::late);
    CHECK(f.says("stream a: the retrained model is not promoted"));

    Fixture g;
    WindowJobEnd stopped, failed;
    stopped.stopped = true;
    failed.failed["b"] = "disk full";
    g.box.results = {{"a", stopped}, {"b", failed}};
    outcome = g.run();
    CHECK(g.record_of(outcome, "a").outcome == RetrainingOutcome::stopped);
    CHECK(g.record_of(outcome, "b").outcome == RetrainingOutcome::failed);
    CHECK(outcome.failed.size() == 1);
    CHECK(outcome.failed.at("b").find("disk full") != std::string::npos);
}

TEST_CASE("WindowRunner: a retraining whose files cannot be made stops no other") {
    Fixture f;
    f.box.no_files["a"] = "a.plan.json: is a directory";
    const auto outcome = f.run();
    REQUIRE(outcome.failed.size() == 1);
    CHECK(outcome.failed.at("a") ==
          "the retraining failed, the old model goes on serving: a.plan.json: is a directory");
    CHECK(f.record_of(outcome, "a").outcome == RetrainingOutcome::failed);
    CHECK(f.record_of(outcome, "b").outcome == RetrainingOutcome::served);
}

TEST_CASE("WindowRunner: a retraining for which too little of the window is left is skipped") {
    Fixture f;
    f.box.inputs = {input_of("a", 0.5, 0.9, 30), input_of("b", 0.6, 0.8, 25)};
    f.box.takes["a"] = 80;  // twice what was expected
    const auto outcome = f.run();
    CHECK(f.record_of(outcome, "a").outcome == RetrainingOutcome::served);
    CHECK(f.record_of(outcome, "b").outcome == RetrainingOutcome::skipped);
    CHECK(f.says("stream b: its retraining is skipped"));
}

TEST_CASE("WindowRunner: inference that falls behind gets more of the device") {
    Fixture f;
    f.box.inputs = {input_of("a", 0.5, 0.9, 40, 0.2), input_of("b", 0.8, 0.81, 1000, 0.2)};
    f.box.takes["a"] = 60;
    (void)f.run();
    const double before = f.box.share("hold b");
    Fixture g;
    g.box.inputs = f.box.inputs;
    g.box.takes = f.box.takes;
    g.box.frames["b"] = {10, 10};
    (void)g.run();
    CHECK(g.plans.size() > f.plans.size());
    CHECK(g.box.share("hold b") > before * 1.2);
}

TEST_CASE("WindowRunner: without time to plan for, the window says so") {
    Fixture f;
    f.box.takes["profile"] = 200;
    f.options.left = 10;
    f.box.takes["label"] = 9.9;
    CHECK_THROWS_WITH_AS((void)f.run(), doctest::Contains("no time left after labelling"), Error);
}

TEST_CASE("WindowRunner: follows a plan that it is given, without planning inputs") {
    Fixture f;
    Plan plan;
    plan.window = 4;
    plan.gpus = 1;
    plan.horizon = 100;
    StreamPlan a;
    a.stream = "a";
    a.retraining.emplace();
    a.retraining->share = 0.5;
    a.retraining->start_seconds = 20;
    a.retraining->expected_seconds = 60;
    a.steps = {{0, 0.5, 0, {}}, {20, 0.5, 0.5, {}}, {60, 1, 0, {}}};
    plan.streams = {a};
    f.options.given = plan;
    f.options.label_and_profile = false;
    f.box.inputs.clear();
    const auto outcome = f.run();
    CHECK(f.box.when("label") > 1e9);
    CHECK(f.box.when("retrain a") == Approx(20));
    CHECK(f.record_of(outcome, "a").outcome == RetrainingOutcome::served);
    CHECK(f.plans.size() == 1);
}

TEST_CASE("WindowRunner: what its check throws ends the window") {
    Fixture f;
    auto hooks = f.hooks();
    int calls = 0;
    hooks.check = [&] {
        if (++calls > 3) throw Interrupted(15);
    };
    CHECK_THROWS_AS((void)WindowRunner(f.options, f.box, f.box, f.box, hooks).run(), Interrupted);
}

TEST_CASE(
    "journal: a window that is run again from its journal orders the same, or says where not") {
    const auto file = std::filesystem::temp_directory_path() / "ekya-test-journal.jsonl";
    Fixture f;
    f.box.needs = {{"a", 0.2}, {"b", 0.1}};
    f.box.frames["b"] = {10, 10};
    {
        JournalFile journal(file);
        (void)run_journaled(f.options, f.box, f.box, f.box, f.hooks(), journal);
    }
    auto events = read_journal(file);
    REQUIRE(events.size() > 10);
    CHECK(events.front().what == WindowEvent::What::began);
    const auto outcome = replay_window(events);
    CHECK(outcome.retrainings.size() == 2);

    // another share, and an order that is missing
    for (auto& event : events)
        if (event.what == WindowEvent::What::start && event.job == WindowJob::Kind::retrain) {
            *event.value *= 0.5;
            break;
        }
    CHECK_THROWS_WITH_AS((void)replay_window(events), doctest::Contains("the runner orders"),
                         DomainError);
    std::filesystem::remove(file);
}
