#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/rest_of_window.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "ekya/window/window_runtime.hpp"

using namespace ekya;
using Kind = RetrainingEvent::Kind;

namespace {

PlanningInput estimate(const std::string& id, double gain) {
    PlanningInput e;
    e.stream = id;
    e.accuracy = 0.5;
    e.retraining = {{{}, 0.5 + gain, 8, "only"}};
    e.inference = {{{}, 1, 0.1}};
    return e;
}

ScheduleProblem two_streams() {
    ScheduleProblem p;
    p.horizon = 100;
    p.gpus = 1;
    p.streams = {estimate("a", 0.4), estimate("b", 0.2)};
    return p;
}

/// A window with retrainings that need `factor` times the device-seconds that were estimated, in
/// steps of 0.1 s.
class Machine {
public:
    Machine(ScheduleProblem problem, double factor, bool replan = true)
        : problem_(std::move(problem)),
          factor_(factor),
          replan_(replan),
          runtime_(make_plan("best", problem_)) {}

    void run() {
        for (double now = 0; now < problem_.horizon && !runtime_.done(); now += 0.1) {
            for (const auto& event : runtime_.advance(now).events) take(event, now);
            for (auto& job : jobs_) {
                if (job.ended >= 0) continue;
                job.used += 0.1 * job.share;
                if (job.used < 8 * factor_ && !job.told_to_finish) continue;
                job.ended = now;
                runtime_.ended(job.stream, !job.told_to_finish);
            }
            if (!replan_ || !runtime_.wants_plan(now)) continue;
            ++plans;
            const auto request = runtime_.request(
                now, [&](const std::string& stream) { return std::optional(of(stream)->used); });
            runtime_.take(
                make_plan("best", rest_of_window(problem_, request.elapsed, request.retrainings)),
                now);
        }
    }
    struct Job {
        std::string stream;
        double started = 0, used = 0, share = 0, ended = -1, paused = 0;
        bool told_to_finish = false;
    };
    Job* of(const std::string& stream) {
        for (auto& job : jobs_)
            if (job.stream == stream) return &job;
        return nullptr;
    }
    int plans = 0;

private:
    void take(const RetrainingEvent& event, double now) {
        if (event.kind == Kind::start) jobs_.push_back({event.stream, now, 0, event.share});
        if (event.kind == Kind::share) of(event.stream)->share = event.share;
        if (event.kind == Kind::finish) of(event.stream)->told_to_finish = true;
    }
    ScheduleProblem problem_;
    double factor_;
    bool replan_;
    std::vector<Job> jobs_;
    WindowRuntime runtime_;
};

}  // namespace

TEST_CASE(
    "WindowRuntime: a new plan at each end; the second retraining begins when the first has ended, "
    "early as it is") {
    Machine machine(two_streams(), 0.5);
    machine.run();
    REQUIRE(machine.of("a"));
    REQUIRE(machine.of("b"));
    CHECK(machine.of("a")->ended > 0);
    CHECK(machine.of("b")->started - machine.of("a")->ended < 0.3);
    CHECK(machine.of("b")->ended > machine.of("b")->started);
    CHECK(machine.plans >= 1);
}

TEST_CASE(
    "WindowRuntime: a retraining that takes longer than planned brings about new plans, and both "
    "get done") {
    Machine machine(two_streams(), 3);
    machine.run();
    CHECK(machine.plans > 3);
    REQUIRE(machine.of("b"));
    CHECK(machine.of("a")->used == doctest::Approx(24).epsilon(0.02));
    CHECK(machine.of("b")->used == doctest::Approx(24).epsilon(0.02));
}

TEST_CASE(
    "WindowRuntime: one that takes too long for the window goes on: it shortens itself, and is "
    "worth its share until then") {
    auto problem = two_streams();
    problem.horizon = 12;
    Machine machine(problem, 100);
    machine.run();
    CHECK(machine.plans > 0);
    CHECK_FALSE(machine.of("a")->told_to_finish);
    CHECK(machine.of("a")->share > 0.5);
}

TEST_CASE(
    "WindowRuntime: a retraining that later plans leave out before it begins is skipped in the "
    "end, unless another plan takes it up again") {
    for (const bool taken_up : {false, true}) {
        CAPTURE(taken_up);
        const auto problem = two_streams();
        WindowRuntime runtime(make_plan("best", problem));  // a first, b when that has ended
        for (const auto& event : runtime.advance(0).events) REQUIRE(event.stream == "a");
        auto without = make_plan("best", problem);
        without.streams[1].retraining.reset();
        for (auto& step : without.streams[1].steps) step.retraining_share = 0;
        runtime.take(without, 1);
        (void)runtime.advance(1);
        runtime.ended("a", true);
        if (taken_up) {
            const auto rest =
                make_plan("best", rest_of_window(problem, 2, runtime.request(2, {}).retrainings));
            runtime.take(rest, 2);
            const auto due = runtime.advance(2);
            REQUIRE(due.events.size() == 1);
            CHECK(due.events[0].stream == "b");
            CHECK(runtime.never_started().empty());
        } else {
            (void)runtime.advance(problem.horizon);
            CHECK(runtime.done());
            const auto skipped = runtime.never_started();
            REQUIRE(skipped.size() == 1);
            CHECK(skipped[0].kind == Kind::skip);
            CHECK(skipped[0].stream == "b");
        }
    }
}

TEST_CASE(
    "WindowRuntime: what the plan leaves over is inference's, as long as nothing else has use for "
    "it") {
    auto problem = two_streams();
    problem.max_job_share = 0.5;
    WindowRuntime runtime(make_plan("best", problem));
    const auto held = [](const PlanFollower::Due& due) {
        double sum = 0;
        for (const auto& event : due.events) sum += event.share;
        for (const auto& change : due.changes) sum += change.share;
        return sum;
    };
    const auto first = runtime.advance(0);
    REQUIRE(first.changes.size() == 2);
    CHECK(held(first) == doctest::Approx(1));
    for (const auto& event : first.events) runtime.ended(event.stream, true);
    double last = 0;
    for (const auto& change : runtime.advance(10).changes) last += change.share;
    CHECK(last == doctest::Approx(first.events.size() == 2 ? 1 : 0.5));
    CHECK(runtime.advance(11).changes.empty());
}

TEST_CASE("WindowRuntime: asking counts; granted time stands in for used time") {
    WindowRuntime runtime(make_plan("best", two_streams()));
    const auto due = runtime.advance(0);
    REQUIRE(due.events.size() == 1);
    CHECK(due.events[0].stream == "a");
    CHECK_FALSE(runtime.wants_plan(1));
    // When its work should be done the plan is looked at again.
    CHECK(runtime.next() == doctest::Approx(8 / due.events[0].share));
    (void)runtime.advance(4);
    const auto request = runtime.request(4, {});
    CHECK(request.elapsed == 4);
    REQUIRE(request.retrainings.size() == 2);
    CHECK(request.retrainings[0].kind == RetrainingState::Kind::running);
    CHECK(request.retrainings[0].config == "only");
    CHECK(request.retrainings[0].left == doctest::Approx(8 - 4 * due.events[0].share));
    CHECK(request.retrainings[1].kind == RetrainingState::Kind::waiting);
    runtime.ended("a", true);
    CHECK(runtime.wants_plan(4));
    CHECK(runtime.request(4, {}).retrainings[0].kind == RetrainingState::Kind::done);
    CHECK_FALSE(runtime.wants_plan(4));
    CHECK_THROWS_AS(runtime.ended("a", true), InputError);
    CHECK_THROWS_AS(runtime.ended("x", true), InputError);
    // A plan that retrains again what is done is none for this window.
    CHECK_THROWS_AS(runtime.take(make_plan("best", two_streams()), 4), InputError);
}

TEST_CASE(
    "WindowRuntime: inference that falls behind is a reason for a new plan, which gives it more; a "
    "hiccup is none") {
    auto problem = two_streams();
    problem.min_accuracy = 0.45;
    problem.streams[0].inference = {{{1, 0}, 1, 0.3}, {{4, 0}, 0.92, 0.08}};
    problem.streams[1].inference = problem.streams[0].inference;
    WindowRuntime runtime(make_plan("best", problem));
    const auto first = runtime.advance(0);
    REQUIRE(first.changes.size() == 2);
    runtime.inference_did("a", 30, 1);
    runtime.inference_did("a", 1, 1);
    CHECK_FALSE(runtime.wants_plan(1));
    runtime.inference_did("a", 10, 10);
    CHECK(runtime.wants_plan(1));
    const auto request = runtime.request(1, {});
    CHECK(request.inference == std::vector<InferenceCost>{{"a", 2}});
    CHECK_FALSE(runtime.wants_plan(1));
    runtime.take(
        make_plan("best", rest_of_window(problem, 1, request.retrainings, request.inference)), 1);
    const auto then = runtime.advance(1);
    REQUIRE(then.changes.size() == 2);
    const auto needs = [](const InferenceConfig& config) {
        return config.frame_stride == 1 ? 0.6 : 0.16;
    };
    CHECK(then.changes[0].share >= needs(then.changes[0].inference) - 1e-9);
    // It never counts as cheaper again, nor as dearer than makes sense.
    runtime.inference_did("a", 30, 0);
    runtime.inference_did("a", 1, 99);
    CHECK(runtime.request(2, {}).inference == std::vector<InferenceCost>{{"a", 4}});
    CHECK_THROWS_AS(runtime.inference_did("x", 1, 99), InputError);
}
