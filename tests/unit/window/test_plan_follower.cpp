#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "ekya/window/plan_follower.hpp"
#include "schedule/problems.hpp"

using namespace ekya;
using Kind = RetrainingEvent::Kind;

namespace {

/// A stream that holds 0.2 for inference until its retraining has ended, 0.3 from then on.
StreamPlan stream(const std::string& id, Seconds start, Seconds end, double share = 0.5) {
    StreamPlan plan;
    plan.stream = id;
    plan.retraining = PlannedRetraining{{}, share, end, 0.9, start, ""};
    if (start > 0) plan.steps.push_back({0, 0.2, 0});
    plan.steps.push_back({start, 0.2, share});
    plan.steps.push_back({end, 0.3, 0});
    return plan;
}

Plan plan_of(std::vector<StreamPlan> streams, Seconds horizon = 20) {
    Plan plan;
    plan.gpus = 2;
    plan.horizon = horizon;
    plan.streams = std::move(streams);
    return plan;
}

using Names = std::vector<std::string>;

/// "start a" and the like.
Names events(const PlanFollower::Due& due) {
    Names names;
    for (const auto& event : due.events)
        names.push_back((event.kind == Kind::start ? "start " : "skip ") + event.stream);
    return names;
}

/// "a 0.3" for every share that changes.
Names changes(const PlanFollower::Due& due) {
    Names names;
    for (const auto& change : due.changes)
        names.push_back(change.stream + " 0." + std::to_string(std::lround(change.share * 10)));
    return names;
}

Names events_at(PlanFollower& follower, Seconds now) { return events(follower.advance(now)); }

}  // namespace

TEST_CASE("PlanFollower: as planned -> each starts when the one before it ends") {
    PlanFollower follower(plan_of({stream("b", 4, 10), stream("a", 0, 4)}));
    CHECK(events_at(follower, 0) == Names{"start a"});
    CHECK(events_at(follower, 3.9).empty());
    follower.ended("a");
    CHECK(events_at(follower, 4) == Names{"start b"});
    follower.ended("b");
    CHECK(events_at(follower, 10).empty());
    CHECK(follower.done());
}

TEST_CASE(
    "PlanFollower: a retraining that ends early lets the next one start early, also behind a gap") {
    PlanFollower follower(plan_of({stream("a", 0, 4), stream("b", 4, 10), stream("c", 11, 14)}));
    CHECK(events_at(follower, 0.1) == Names{"start a"});
    follower.ended("a");
    CHECK(events_at(follower, 1.5) == Names{"start b"});
    follower.ended("b");
    CHECK(events_at(follower, 3) == Names{"start c"});
}

TEST_CASE(
    "PlanFollower: a retraining that ends late keeps the next one waiting, and nothing is due "
    "meanwhile") {
    PlanFollower follower(plan_of({stream("a", 0, 4), stream("b", 4, 10)}));
    CHECK(events_at(follower, 0) == Names{"start a"});
    CHECK(events_at(follower, 7).empty());
    CHECK(follower.next() == doctest::Approx(20 - 0.9 * 6));  // then b would be too late
    follower.ended("a");
    const auto due = follower.advance(9);
    CHECK(events(due) == Names{"start b"});
    CHECK(changes(due) == Names{"a 0.3"});
    CHECK(due.events[0].seconds == 9);
    CHECK(due.events[0].share == 0.5);
}

TEST_CASE(
    "PlanFollower: without the time for nine tenths of it a retraining is skipped; a shorter one "
    "behind it is not") {
    PlanFollower follower(plan_of({stream("a", 0, 4), stream("b", 4, 14), stream("c", 14, 16)}));
    CHECK(events_at(follower, 0) == Names{"start a"});
    CHECK(events_at(follower, 10.9).empty());
    REQUIRE(follower.next());
    CHECK(events_at(follower, *follower.next()) == Names{"skip b"});
    CHECK(events_at(follower, 12).empty());  // c waits for a
    follower.ended("a");
    CHECK(events_at(follower, 13) == Names{"start c"});
    CHECK_FALSE(follower.done());
    follower.ended("c");
    CHECK(events_at(follower, 15).empty());
    CHECK(follower.done());
    CHECK_THROWS_AS(follower.ended("b"), InputError);
}

TEST_CASE("PlanFollower: a plan that fills the window to its end may start a little late") {
    PlanFollower follower(plan_of({stream("a", 0, 20)}));
    CHECK(events_at(follower, 1.9) == Names{"start a"});
    PlanFollower late(plan_of({stream("a", 0, 20)}));
    CHECK(events_at(late, 2.1) == Names{"skip a"});
}

TEST_CASE("PlanFollower: side by side, only what is planned behind both waits for both") {
    PlanFollower follower(
        plan_of({stream("a", 0, 5), stream("b", 0, 8), stream("c", 5, 10), stream("d", 8, 12)}));
    CHECK(events_at(follower, 0) == Names{"start a", "start b"});
    follower.ended("b");
    CHECK(events_at(follower, 2).empty());
    follower.ended("a");
    CHECK(events_at(follower, 3) == Names{"start c", "start d"});  // both lanes are free
}

TEST_CASE("PlanFollower: without one before it a retraining starts at its planned time") {
    PlanFollower follower(plan_of({stream("a", 3, 5)}));
    CHECK(events_at(follower, 0).empty());
    CHECK(follower.next() == doctest::Approx(3));
    CHECK(events_at(follower, 3) == Names{"start a"});
}

TEST_CASE("PlanFollower: inference's shares change with the plan's steps") {
    StreamPlan idle;
    idle.stream = "idle";
    idle.steps = {{0, 0.1, 0}, {4, 0.4, 0}, {6, 0.6, 0, {2, 0}}};
    PlanFollower follower(plan_of({stream("a", 0, 4), idle}));
    CHECK(changes(follower.advance(0)) == Names{"a 0.2", "idle 0.1"});
    CHECK(changes(follower.advance(5)).empty());  // a still runs on what idle shall have then
    follower.ended("a");
    CHECK(changes(follower.advance(5.5)) == Names{"a 0.3", "idle 0.4"});
    CHECK(follower.next() == doctest::Approx(6));
    const auto due = follower.advance(6);
    CHECK(changes(due) == Names{"idle 0.6"});
    CHECK(due.changes[0].inference == InferenceConfig{2, 0});
    CHECK(follower.done());
}

TEST_CASE(
    "PlanFollower: what a stream's own retraining frees is its own at once, if the device has "
    "room") {
    PlanFollower follower(plan_of({stream("a", 0, 6), stream("b", 0, 4)}));
    CHECK(events_at(follower, 0).size() == 2);
    follower.ended("a");
    CHECK(changes(follower.advance(2)) == Names{"a 0.3"});
    Plan full = plan_of({stream("a", 0, 6), stream("b", 0, 4)});
    full.gpus = 0.95;  // 0.2 and 0.5 of b leave 0.25
    PlanFollower crowded(full);
    CHECK(events_at(crowded, 0).size() == 2);
    crowded.ended("a");
    CHECK(changes(crowded.advance(2)) ==
          Names{"a 0.2"});  // told again: the swap may have taken more
    crowded.ended("b");
    CHECK(changes(crowded.advance(3)) == Names{"a 0.3", "b 0.3"});
}

TEST_CASE(
    "PlanFollower: plans without retrainings, or with one that is named but gets nothing, are done "
    "at once") {
    StreamPlan plan = stream("a", 0, 5);
    plan.retraining->share = 0;
    for (auto& step : plan.steps) step = {0, 0.2, 0};
    PlanFollower named(plan_of({plan}));
    CHECK(named.advance(0).events.empty());
    CHECK(named.done());
}

TEST_CASE("PlanFollower: the end of the window ends it, with a retraining still at work") {
    PlanFollower follower(plan_of({stream("a", 0, 5)}));
    CHECK(events_at(follower, 0) == Names{"start a"});
    CHECK(events_at(follower, 19.9).empty());
    CHECK_FALSE(follower.done());
    CHECK(follower.advance(20).events.empty());
    CHECK(follower.done());
}

TEST_CASE(
    "PlanFollower: every policy's plan, followed to the letter, starts every retraining once and "
    "in order") {
    for (const auto* policy : {"best", "thief", "uniform", "none"}) {
        CAPTURE(policy);
        const auto problem = test::worked_example();
        const Plan plan = make_plan(policy, problem);
        PlanFollower follower(plan);
        Names started, expected;
        std::vector<std::pair<Seconds, std::string>> ends;
        Seconds now = 0;
        for (int i = 0; i < 100 && !follower.done(); ++i) {
            for (const auto& event : follower.advance(now).events) {
                if (event.kind == Kind::share) continue;
                REQUIRE(event.kind == Kind::start);
                started.push_back(event.stream);
                for (const auto& stream : plan.streams)
                    if (stream.stream == event.stream)
                        ends.emplace_back(stream.retraining->expected_seconds, stream.stream);
            }
            std::sort(ends.rbegin(), ends.rend());
            const auto next = follower.next();
            if (!ends.empty() && (!next || ends.back().first <= *next)) {
                now = ends.back().first;
                follower.ended(ends.back().second);
                ends.pop_back();
            } else if (next) {
                now = *next;
            }
        }
        CHECK(follower.done());
        for (const auto& stream : plan.streams)
            if (stream.retraining) expected.push_back(stream.stream);
        std::sort(started.begin(), started.end());
        CHECK(started == expected);
    }
}

TEST_CASE("PlanFollower: steps that make no sense are refused by name") {
    StreamPlan plan = stream("a", 0, 5);
    plan.steps = {{1, 0.2, 0}};
    CHECK_THROWS_WITH_AS(PlanFollower(plan_of({plan})),
                         "stream a: steps: the first does not start at 0", DomainError);
    plan.steps = {{0, 0.2, 0}, {3, 0.2, 0}, {2, 0.2, 0}};
    CHECK_THROWS_WITH_AS(PlanFollower(plan_of({plan})), "stream a: steps: they do not ascend",
                         DomainError);
    plan = stream("a", 6, 5);
    CHECK_THROWS_AS(PlanFollower(plan_of({plan})), DomainError);
}

namespace {

/// "start a 0.5", "share a 0.2" and the like.
Names with_shares(const PlanFollower::Due& due) {
    static const std::map<Kind, std::string> names{{Kind::start, "start"},
                                                   {Kind::share, "share"},
                                                   {Kind::finish, "finish"},
                                                   {Kind::skip, "skip"}};
    Names all;
    for (const auto& event : due.events)
        all.push_back(names.at(event.kind) + " " + event.stream + " 0." +
                      std::to_string(std::lround(event.share * 10)));
    return all;
}

}  // namespace

TEST_CASE(
    "PlanFollower: a retraining starts when it is planned to, follows its steps, and keeps what it "
    "has when it is late") {
    auto a = stream("a", 0, 10, 0.2);
    a.steps = {{0, 0.2, 0.2}, {2, 0.2, 0}, {4, 0.2, 0.5}, {10, 0.3, 0}};
    PlanFollower follower(plan_of({a}));
    CHECK(with_shares(follower.advance(0)) == Names{"start a 0.2"});
    CHECK(with_shares(follower.advance(1)).empty());
    CHECK(with_shares(follower.advance(2)) == Names{"share a 0.0"});
    CHECK(follower.next() == doctest::Approx(4));
    CHECK(with_shares(follower.advance(4.5)) == Names{"share a 0.5"});
    CHECK(with_shares(follower.advance(9.9)).empty());
    CHECK(with_shares(follower.advance(11)).empty());
}

TEST_CASE(
    "PlanFollower: a plan for the rest of the window takes over what runs, pauses it, or lets it "
    "finish") {
    PlanFollower follower(plan_of({stream("a", 0, 6), stream("b", 6, 12)}), {"b", "a", "gone"});
    CHECK(with_shares(follower.advance(0)) ==
          Names{"finish gone 0.0", "share a 0.5", "share b 0.0"});
    follower.ended("a");
    CHECK(with_shares(follower.advance(3)) == Names{"share b 0.5"});
    CHECK_THROWS_AS(follower.ended("gone"), InputError);
}
