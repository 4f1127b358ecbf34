// What holds for every plan of schedule_best, on problems at the edges.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "ekya/schedule/plan/score.hpp"
#include "ekya/schedule/policy/best.hpp"
#include "ekya/schedule/policy/none.hpp"
#include "ekya/schedule/policy/thief.hpp"
#include "ekya/schedule/policy/uniform.hpp"
#include "hard_problems.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

constexpr BestOptions quick{.effort = 0.02};

// Sanitizers make planning about twenty times slower: every tenth problem will do.
#ifdef EKYA_SANITIZED
constexpr unsigned stride = 10;
#else
constexpr unsigned stride = 1;
#endif

struct Worth {
    int violations = 0;
    double shortfall = 0, accuracy = 0;  ///< means over streams
};

Worth worth_of(const ScheduleProblem& problem, const Plan& plan) {
    const auto scores = score_plan(problem, plan);
    Worth worth{0, 0, mean_accuracy(scores)};
    for (const auto& score : scores) {
        worth.violations += score.shortfall > 0 ? 1 : 0;
        worth.shortfall += score.shortfall / static_cast<double>(scores.size());
    }
    return worth;
}

/// By how much `a` is worse than `b` in what decides: 1 and more for violations, else shortfall,
/// else accuracy; 0 = not.
double regret(const Worth& a, const Worth& b) {
    constexpr double rounding = 1e-9;
    if (a.violations != b.violations) return std::max(a.violations - b.violations, 0);
    if (std::abs(a.shortfall - b.shortfall) > rounding)
        return std::max(a.shortfall - b.shortfall, 0.0);
    return std::max(b.accuracy - a.accuracy, 0.0);
}

ThiefOptions thief_options(const ScheduleProblem& problem) {
    ThiefOptions options;
    options.unit = std::min({options.unit, problem.max_job_share, problem.gpus});
    return options;
}

}  // namespace

TEST_CASE("schedule_best: plans are whole, never oversubscribed and in time; 3000 hard problems") {
    for (unsigned seed = 0; seed < 3000; seed += stride) {
        CAPTURE(seed);
        const auto problem = test::HardProblems(seed).make();
        const auto plan = schedule_best(problem, quick);
        CHECK_NOTHROW(check_shares(problem, plan));
        REQUIRE(plan.streams.size() == problem.streams.size());
        for (std::size_t v = 0; v < plan.streams.size(); ++v) {
            const auto& stream = plan.streams[v];
            CHECK(stream.stream == problem.streams[v].stream);
            REQUIRE_FALSE(stream.steps.empty());
            CHECK(stream.steps.front().start == 0);
            CHECK(std::is_sorted(stream.steps.begin(), stream.steps.end(),
                                 [](const auto& a, const auto& b) { return a.start <= b.start; }));
            if (stream.retraining)
                CHECK(stream.retraining->expected_seconds <= problem.horizon * (1 + 1e-9));
        }
        CHECK(static_cast<int>(plan.violations.size()) == worth_of(problem, plan).violations);
    }
}

TEST_CASE("schedule_best: a plan promises the accuracy that it scores; 3000 hard problems") {
    for (unsigned seed = 0; seed < 3000; seed += stride) {
        CAPTURE(seed);
        const auto problem = test::HardProblems(seed).make();
        const auto plan = schedule_best(problem, quick);
        CHECK(plan.mean_accuracy == Approx(worth_of(problem, plan).accuracy).epsilon(1e-9));
    }
}

TEST_CASE(
    "schedule_best: a_MIN is held by all streams wherever the devices allow it, and nowhere else; "
    "3000 hard problems") {
    int held = 0, not_held = 0;
    for (unsigned seed = 0; seed < 3000; seed += stride) {
        CAPTURE(seed);
        const auto problem = test::HardProblems(seed).make();
        if (problem.min_accuracy == 0) continue;
        const bool possible =
            test::devices_for(problem, problem.min_accuracy) <= problem.gpus * (1 - 1e-6);
        const bool impossible =
            test::devices_for(problem, problem.min_accuracy - 1e-6) > problem.gpus * (1 + 1e-6);
        if (!possible && !impossible) continue;
        const auto plan = schedule_best(problem, quick);
        if (possible) CHECK(plan.violations.empty());
        if (impossible) CHECK_FALSE(plan.violations.empty());
        ++(possible ? held : not_held);
    }
    CHECK(held > 500 / static_cast<int>(stride));
    CHECK(not_held > 500 / static_cast<int>(stride));
}

TEST_CASE(
    "schedule_best: a_MIN with a millionth of a device to spare is held, with a millionth too "
    "little it is not") {
    int checked = 0;
    for (unsigned seed = 0; seed < 1500; seed += stride) {
        CAPTURE(seed);
        auto problem = test::HardProblems(seed).make();
        problem.min_accuracy = std::max(problem.min_accuracy, 0.1);
        const double needed = test::devices_for(problem, problem.min_accuracy);
        if (!std::isfinite(needed)) continue;
        ++checked;
        problem.gpus = needed * (1 + 1e-6);
        CHECK(schedule_best(problem, quick).violations.empty());
        problem.gpus = needed * (1 - 1e-6);
        // Where accuracy hardly depends on the share, a millionth of it is within what counts as
        // held.
        if (test::devices_for(problem, problem.min_accuracy - 2e-9) > problem.gpus * (1 + 1e-8))
            CHECK_FALSE(schedule_best(problem, quick).violations.empty());
    }
    CHECK(checked > 300 / static_cast<int>(stride));
}

TEST_CASE("schedule_best: the order of the streams changes no plan; 500 hard problems") {
    std::mt19937 random(3);
    for (unsigned seed = 0; seed < 500; seed += stride) {
        CAPTURE(seed);
        auto problem = test::HardProblems(seed).make();
        const auto plan = schedule_best(problem, quick);
        std::shuffle(problem.streams.begin(), problem.streams.end(), random);
        const auto other = schedule_best(problem, quick);
        CHECK(other.mean_accuracy == plan.mean_accuracy);
        for (const auto& stream : other.streams)
            CHECK(std::any_of(plan.streams.begin(), plan.streams.end(), [&](const auto& same) {
                return same.stream == stream.stream && same.steps == stream.steps;
            }));
    }
}

TEST_CASE("schedule_best: never worse than thief, uniform and none; 2000 hard problems") {
    for (unsigned seed = 0; seed < 2000; seed += stride) {
        CAPTURE(seed);
        const auto problem = test::HardProblems(seed).make();
        const Worth best = worth_of(problem, schedule_best(problem, quick));
        CHECK(regret(best, worth_of(problem, schedule_none(problem))) <= 1e-9);
        CHECK(regret(best, worth_of(problem, schedule_uniform(problem))) <= 1e-9);
        if (problem.streams.size() <= 64)
            CHECK(regret(best, worth_of(problem,
                                        schedule_thief(problem, thief_options(problem)))) <= 1e-9);
    }
}

namespace {

/// The largest regret over four enlargements of the devices, by factors of 2 and of up to 1.5.
double regret_of_growth(ScheduleProblem problem, test::HardProblems& random) {
    double largest = 0;
    Worth before = worth_of(problem, schedule_best(problem));
    for (int i = 0; i < 4; ++i) {
        problem.gpus *= random.chance(0.5) ? 2 : random.log_uniform(1.0001, 1.5);
        const Worth now = worth_of(problem, schedule_best(problem));
        largest = std::max(largest, regret(now, before));
        before = now;
    }
    return largest;
}

}  // namespace

TEST_CASE(
    "schedule_best: more GPUs never cost more than 1e-9 where no a_MIN binds; 1000 usual problems, "
    "continuous time") {
    for (unsigned seed = 0; seed < 1000; seed += stride) {
        CAPTURE(seed);
        test::HardProblems random(seed);
        auto problem = test::random_problem(seed);
        problem.min_accuracy = 0;
        CHECK(regret_of_growth(problem, random) <= 1e-9);
    }
}

TEST_CASE(
    "schedule_best: more GPUs cost something in at most 1 of 100 hard problems, and at most 0.05; "
    "a_MIN or not") {
    // The search for configurations and orders is no proof: with more devices it can end in another
    // local optimum.
    int worse = 0;
    for (unsigned seed = 0; seed < 1000; seed += stride) {
        CAPTURE(seed);
        test::HardProblems random(seed);
        const auto problem = random.make();
        const double regret = regret_of_growth(problem, random);
        CHECK(regret <= 0.05);
        worse += regret > 1e-9 ? 1 : 0;
    }
    CHECK(worse <= 10);
}

TEST_CASE("schedule_best: comes back where the pool lacks a sliver of 1e-17") {
    for (const unsigned seed :
         {56, 104, 369, 698, 750, 831, 905, 999, 1497, 1518, 1975, 2193, 2325, 2855})
        CHECK_FALSE(schedule_best(test::HardProblems(seed).make(), quick).streams.empty());
}
