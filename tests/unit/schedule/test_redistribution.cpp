// What becomes of the shares that ended retrainings leave.
#include <doctest/doctest.h>

#include <vector>

#include "policy/redistribution.hpp"
#include "problems.hpp"

namespace ekya {
namespace {

using doctest::Approx;

/// Three streams on 3 GPUs, whose retrainings take 10, 30 and 1000 device-seconds.
ScheduleProblem three_streams(Seconds horizon) {
    auto problem = test::problem_of(horizon, 3);
    constexpr double costs[] = {10, 30, 1000};
    for (int v = 0; v < 3; ++v) {
        problem.streams.push_back(
            test::linear_stream(std::string(1, static_cast<char>('a' + v)), 0.5));
        problem.streams.back().retraining = {{test::config_of(1), 0.9, costs[v]}};
    }
    return problem;
}

std::vector<InitialJobs> halves(const ScheduleProblem& problem) {
    std::vector<InitialJobs> jobs;
    for (const auto& stream : problem.streams) jobs.push_back({{0.5, 0.5}, &stream.retraining[0]});
    return jobs;
}

TEST_CASE(
    "redistribute_equally: a freed share goes to all inference and the retrainings still running") {
    const auto problem = three_streams(2000);
    const auto decisions = redistribute_equally(problem, halves(problem));
    const auto& c = decisions[2].steps;
    REQUIRE(c.size() == 4);  // the start and three completions
    CHECK(c[1].start == Approx(20));
    CHECK(c[1].inference_share == Approx(0.6));  // 0.5 to five jobs
    CHECK(c[1].retraining_share == Approx(0.6));
    CHECK(c[2].start == Approx(20 + 20 / 0.6));    // b's other 20 device-seconds
    CHECK(c[2].retraining_share == Approx(0.75));  // 0.6 to four jobs
    CHECK(c[3].inference_share == Approx(1));
    CHECK(c[3].retraining_share == 0);
    CHECK(decisions[0].steps[1].retraining_share == 0);
}

TEST_CASE("redistribute_equally: what exceeds max_job_share lies idle, but is held and handed on") {
    auto problem = test::problem_of(100, 6);
    problem.streams = {test::linear_stream("a", 0.5), test::linear_stream("b", 0.5)};
    problem.streams[0].retraining = {{test::config_of(1), 0.9, 10}};
    problem.streams[1].retraining = {{test::config_of(1), 0.9, 20}};
    const auto decisions =
        redistribute_equally(problem, {{{0.5, 2}, &problem.streams[0].retraining[0]},
                                       {{0.5, 0.2}, &problem.streams[1].retraining[0]}});
    const auto& b = decisions[1].steps;
    REQUIRE(b.size() == 3);
    CHECK(decisions[0].steps[0].retraining_share == 1);
    CHECK(b[1].start == 10);                                // at a share of 1, not of 2
    CHECK(b[1].retraining_share == Approx(0.2 + 2.0 / 3));  // a third of 2, not of 1
    CHECK(b[1].inference_share == 1);
}

TEST_CASE(
    "redistribute_equally: what cannot end is left out from the start, its share serves its own "
    "inference") {
    auto problem = three_streams(100);
    problem.max_job_share = 2;
    const auto decisions = redistribute_equally(problem, halves(problem));
    CHECK(decisions[2].retraining == nullptr);
    CHECK(decisions[2].steps[0].inference_share == 1);
    CHECK(decisions[2].steps[0].retraining_share == 0);
    CHECK(decisions[0].retraining != nullptr);
    CHECK(decisions[1].steps[1].retraining_share ==
          Approx(0.5 + 0.5 / 4));  // no part for the one left out
}

TEST_CASE("redistribute_equally: what ends only with inherited shares is kept") {
    auto problem = three_streams(54);  // b alone would take 60 s, with its part of a's share 52 s
    problem.streams[2].retraining.clear();
    auto jobs = std::vector<InitialJobs>{{{0.5, 0.5}, &problem.streams[0].retraining[0]},
                                         {{0.5, 0.5}, &problem.streams[1].retraining[0]},
                                         {{1, 0}, nullptr}};
    CHECK(redistribute_equally(problem, jobs)[1].retraining != nullptr);
    problem.horizon = 50;
    CHECK(redistribute_equally(problem, jobs)[1].retraining == nullptr);
}

TEST_CASE("redistribute_equally: several that end at once are one change") {
    auto problem = three_streams(100);
    problem.streams[1].retraining[0].device_seconds = 10;
    const auto decisions = redistribute_equally(problem, halves(problem));
    REQUIRE(decisions[0].steps.size() == 2);
    CHECK(decisions[0].steps[1].inference_share == Approx(0.5 + 1.0 / 3));
    CHECK(decisions[2].steps[1].inference_share == 1);
}

TEST_CASE("redistribute_equally: no retraining is lost to rounding") {
    int ended = 0;
    for (unsigned seed = 0; seed < 500; ++seed) {
        CAPTURE(seed);
        const auto problem = test::random_problem(seed);
        std::vector<InitialJobs> jobs;
        const double part = problem.gpus / static_cast<double>(problem.streams.size());
        for (const auto& stream : problem.streams)
            jobs.push_back({{part / 2, part / 2}, &stream.retraining[seed % 18]});
        auto decisions = redistribute_equally(problem, jobs);
        std::size_t decided = 0, planned = 0;
        for (const auto& decision : decisions) decided += decision.retraining ? 1 : 0;
        // finish_plan() leaves out what the scorer does not see ending.
        for (const auto& stream : finish_plan(problem, "", std::move(decisions)).streams)
            planned += stream.retraining ? 1 : 0;
        CHECK(planned == decided);
        ended += static_cast<int>(planned);
    }
    CHECK(ended > 500);
}

}  // namespace
}  // namespace ekya
