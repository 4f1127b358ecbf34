#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

#include "ekya/bound/upper_bound.hpp"
#include "ekya/schedule/policy/best.hpp"
#include "schedule/problems.hpp"
#include "slotted_optimum.hpp"

using namespace ekya;

namespace {

/// 3 or 4 streams, each with 3 to 6 of the usual retraining configurations, and scarce devices.
ScheduleProblem medium_problem(unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform(0, 1);
    auto problem = test::problem_of(120, 0.5 + 2 * uniform(random));
    const int streams = 3 + static_cast<int>(seed % 2);
    for (int v = 0; v < streams; ++v) {
        auto stream = test::random_stream(std::to_string(v), random);
        std::shuffle(stream.retraining.begin(), stream.retraining.end(), random);
        stream.retraining.resize(3 + random() % 4);
        stream.inference = {stream.inference[0], stream.inference[1], stream.inference[3],
                            stream.inference[9]};
        problem.streams.push_back(stream);
    }
    return problem;
}

}  // namespace

TEST_CASE(
    "upper_bound and best: neither is below the optimum of the same problem in 12 slots, and the "
    "bound is near it") {
    double gaps = 0, above = 0;
    int proven = 0;
    for (unsigned seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        const auto problem = medium_problem(seed);
        const auto optimum = test::SlottedProgram(problem, 12).solve(10);
        const auto bound = upper_bound(problem);
        // The program may mix inference configurations at any instant, which no plan can; best may
        // end retrainings when it likes.
        const double best = schedule_best(problem).mean_accuracy;
        CHECK(best >= optimum.mean_accuracy - 0.025);
        above += best - optimum.mean_accuracy;
        CHECK(optimum.mean_accuracy <= bound.mean_accuracy + 1e-9);
        // What the slots lose: completions are late by half a slot of 12.
        CHECK(optimum.mean_accuracy >= bound.mean_accuracy - 0.03);
        gaps += bound.mean_accuracy - optimum.mean_accuracy;
        proven += optimum.optimal ? 1 : 0;
    }
    MESSAGE("mean gap ", gaps / 12, ", best ", above / 12,
            " above the optimum in slots, optimum proven in ", proven, " of 12");
    CHECK(proven >= 8);
    CHECK(gaps / 12 < 0.01);
    CHECK(above / 12 >= -0.005);
}

TEST_CASE("SlottedProgram: the worked example's optimum, up to its slots of 5 s") {
    const auto problem = test::worked_example();  // completions at 50 and 115 s
    const auto optimum = test::SlottedProgram(problem, 24).solve(20);
    CHECK(optimum.optimal);
    CHECK(optimum.mean_accuracy == doctest::Approx(0.678125).epsilon(1e-6));
}
