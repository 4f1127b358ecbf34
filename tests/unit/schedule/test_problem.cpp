#include <doctest/doctest.h>

#include <cmath>

#include "ekya/core/errors.hpp"
#include "problems.hpp"

using namespace ekya;

TEST_CASE("validate(ScheduleProblem): a sound problem passes") {
    CHECK_NOTHROW(validate(test::worked_example()));
    CHECK_NOTHROW(validate(test::random_problem(1)));
}

TEST_CASE("validate(ScheduleProblem): a wrong field is named") {
    auto problem = test::worked_example();
    SUBCASE("horizon") { problem.horizon = 0; }
    SUBCASE("horizon beyond 1e12") { problem.horizon = 2e12; }
    SUBCASE("NaN gpus") { problem.gpus = std::nan(""); }
    SUBCASE("negative gpus") { problem.gpus = -1; }
    SUBCASE("min_accuracy") { problem.min_accuracy = 1.5; }
    SUBCASE("max_job_share") { problem.max_job_share = 0; }
    SUBCASE("accuracy of a stream") { problem.streams[1].accuracy = std::nan(""); }
    SUBCASE("no inference configurations") { problem.streams[0].inference.clear(); }
    CHECK_THROWS_AS(validate(problem), DomainError);
}

TEST_CASE("validate(ScheduleProblem): no streams, and one stream twice") {
    auto problem = test::worked_example();
    problem.streams[1].stream = "A";
    CHECK_THROWS_WITH_AS(validate(problem), "stream A: is listed twice", DomainError);
    problem.streams.clear();
    CHECK_THROWS_WITH_AS(validate(problem), "streams: at least one stream is needed", DomainError);
}

TEST_CASE("validate: a retraining that costs nothing is no measurement") {
    auto problem = test::worked_example();
    problem.streams[0].retraining[0].device_seconds = 0;
    CHECK_THROWS_AS(validate(problem), DomainError);
}

TEST_CASE("validate: a retraining configuration listed twice is named") {
    auto problem = test::worked_example();
    problem.streams[1].retraining[1].config = problem.streams[1].retraining[0].config;
    CHECK_THROWS_WITH_AS(
        validate(problem),
        "stream B: retraining: configuration e1-f1-all-b32-h0-lr0.02 is listed twice", DomainError);
}
