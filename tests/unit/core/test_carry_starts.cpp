#include <doctest/doctest.h>

#include "ekya/core/plan.hpp"

using namespace ekya;

TEST_CASE(
    "carry_starts: planned retrainings learn where they start; streams without one or without an "
    "input stay") {
    PlanningInput a, b;
    a.stream = "a";
    a.start.model = "w00001-e15";
    a.start.stream = "c";
    a.start.exemplars_from = 2;
    b.stream = "b";
    b.start.model = "w00002-e5";
    Plan plan;
    plan.streams.resize(3);
    plan.streams[0].stream = "b";  // no retraining
    plan.streams[1].stream = "a";
    plan.streams[1].retraining = PlannedRetraining{};
    plan.streams[2].stream = "z";  // no input
    plan.streams[2].retraining = PlannedRetraining{};
    plan.streams[2].retraining->start.model = "kept";
    const std::vector<PlanningInput> inputs{a, b};
    carry_starts(plan, inputs);
    CHECK_FALSE(plan.streams[0].retraining.has_value());
    CHECK(plan.streams[1].retraining->start.model == "w00001-e15");
    CHECK(plan.streams[1].retraining->start.stream == "c");
    CHECK(plan.streams[1].retraining->start.exemplars_from == 2);
    CHECK(plan.streams[2].retraining->start.model == "kept");
}
