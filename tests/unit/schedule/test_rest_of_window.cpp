#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/rest_of_window.hpp"
#include "ekya/schedule/policy/policies.hpp"

using namespace ekya;
using Kind = RetrainingState::Kind;

namespace {

PlanningInput estimate(const std::string& id) {
    PlanningInput e;
    e.stream = id;
    e.accuracy = 0.5;
    e.retraining = {{{}, 0.8, 10, "small"}, {{}, 0.9, 30, "large"}};
    e.inference = {{{}, 1, 0.2}};
    e.cached = {{"old", 0.6, {}}};
    return e;
}

ScheduleProblem problem() {
    ScheduleProblem p;
    p.horizon = 100;
    p.gpus = 1;
    p.streams = {estimate("a"), estimate("b"), estimate("c"), estimate("d")};
    return p;
}

}  // namespace

TEST_CASE("rest_of_window: less time; each stream by how far its retraining is") {
    const auto rest =
        rest_of_window(problem(), 40,
                       std::vector<RetrainingState>{{"a", Kind::running, "large", 12},
                                                    {"b", Kind::done, "small", 0, 0.77},
                                                    {"c", Kind::over}});
    CHECK(rest.horizon == 60);
    REQUIRE(rest.streams[0].retraining.size() == 1);
    CHECK(rest.streams[0].retraining[0].name == "large");
    CHECK(rest.streams[0].retraining[0].device_seconds == 12);
    CHECK(rest.streams[0].accuracy == 0.5);
    CHECK(rest.streams[1].retraining.empty());
    CHECK(rest.streams[1].accuracy == 0.77);
    CHECK(rest.streams[2].retraining.empty());
    CHECK(rest.streams[2].accuracy == 0.5);
    CHECK(rest.streams[3].retraining.size() == 2);
    CHECK(rest.streams[3].cached.size() == 1);
    CHECK(rest_of_window(problem(), 40, std::vector<RetrainingState>{{"b", Kind::done, "small"}})
              .streams[1]
              .accuracy == 0.8);
}

TEST_CASE("rest_of_window: what does not fit the problem is named") {
    const auto with = [](RetrainingState state, Seconds elapsed = 1) {
        return rest_of_window(problem(), elapsed, std::vector{std::move(state)});
    };
    CHECK_THROWS_WITH_AS((void)with({"x", Kind::over}),
                         "stream x: stream: is not among the estimates", DomainError);
    CHECK_THROWS_WITH_AS((void)with({"a", Kind::running, "huge", 3}),
                         "stream a: config: the estimate has no configuration \"huge\"",
                         DomainError);
    CHECK_THROWS_AS((void)with({"a", Kind::running, "small", 0}), DomainError);
    CHECK_THROWS_AS((void)with({"a", Kind::over}, 100), DomainError);
}

TEST_CASE(
    "rest_of_window: a running retraining for which too little time is left is in no plan any "
    "more") {
    const auto late = rest_of_window(problem(), 95,
                                     std::vector<RetrainingState>{{"a", Kind::running, "large", 12},
                                                                  {"b", Kind::over},
                                                                  {"c", Kind::over},
                                                                  {"d", Kind::over}});
    CHECK_FALSE(make_plan("best", late).streams[0].retraining);
    const auto in_time =
        rest_of_window(problem(), 10,
                       std::vector<RetrainingState>{{"a", Kind::running, "large", 12},
                                                    {"b", Kind::over},
                                                    {"c", Kind::over},
                                                    {"d", Kind::over}});
    CHECK(make_plan("best", in_time).streams[0].retraining);
}
