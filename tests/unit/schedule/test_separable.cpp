#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/score.hpp"
#include "ekya/schedule/policy/none.hpp"
#include "ekya/schedule/policy/separable.hpp"
#include "problems.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

/// What a plan is worth, as score_stream() sees it.
struct Worth {
    int violations = 0;
    double shortfall = 0, accuracy = 0;
    void add(const Worth& other) {
        violations += other.violations;
        shortfall += other.shortfall;
        accuracy += other.accuracy;
    }
};

bool better(const Worth& a, const Worth& b) {
    if (a.violations != b.violations) return a.violations < b.violations;
    if (std::abs(a.shortfall - b.shortfall) > 1e-9) return a.shortfall < b.shortfall;
    return a.accuracy > b.accuracy;
}

Worth worth_of(const std::vector<StreamScore>& scores) {
    Worth worth;
    for (const auto& score : scores)
        worth.add({score.shortfall > 0 ? 1 : 0, score.shortfall, score.accuracy});
    return worth;
}

/// The best of one stream with so many units: every split and configuration.
Worth best_of_stream(const ScheduleProblem& problem, const PlanningInput& stream,
                     const InferenceCurve& curve, double per_gpu, int units) {
    const int most = static_cast<int>(std::floor(problem.max_job_share * per_gpu + 1e-9));
    Worth best{2, 0, 0};
    const auto consider = [&](const RetrainingOption* retraining, std::vector<PlanStep> steps) {
        const auto score = score_stream(problem, stream, curve, {retraining, &steps});
        if (retraining && !score.ends) return;
        const Worth worth = worth_of({score});
        if (better(worth, best)) best = worth;
    };
    const double after = std::min(units, most) / per_gpu;
    consider(nullptr, {{0, after, 0}});
    for (int inference = 0; inference <= std::min(units, most); ++inference)
        for (int retraining = 1; retraining <= std::min(units - inference, most); ++retraining)
            for (const auto& entry : stream.retraining) {
                const Seconds end = entry.device_seconds / (retraining / per_gpu);
                if (end > problem.horizon * (1 + 1e-9)) continue;
                consider(&entry, {{0, inference / per_gpu, retraining / per_gpu}, {end, after, 0}});
            }
    return best;
}

/// All ways to share out the units, of which a GPU has so many.
Worth best_of_all(const ScheduleProblem& problem, double per_gpu) {
    const auto curves = inference_curves(problem);
    const int total = static_cast<int>(std::floor(problem.gpus * per_gpu + 1e-9));
    const auto streams = problem.streams.size();
    std::vector<std::vector<Worth>> alone(streams);
    for (std::size_t v = 0; v < streams; ++v)
        for (int units = 0; units <= total; ++units)
            alone[v].push_back(
                best_of_stream(problem, problem.streams[v], *curves[v], per_gpu, units));
    Worth best{static_cast<int>(streams) + 1, 0, 0};
    const std::function<void(std::size_t, int, const Worth&)> share_out =
        [&](std::size_t v, int left, const Worth& so_far) {
            if (v == streams) {
                if (better(so_far, best)) best = so_far;
                return;
            }
            for (int units = 0; units <= left; ++units) {
                Worth worth = so_far;
                worth.add(alone[v][units]);
                share_out(v + 1, left - units, worth);
            }
        };
    share_out(0, total, {});
    return best;
}

/// 1 to 4 streams, up to 6 of the usual configurations, few units.
ScheduleProblem small_problem(unsigned seed, double unit) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform(0, 1);
    auto problem = test::problem_of(20 + 180 * uniform(random), unit * (1 + 9 * uniform(random)));
    for (unsigned v = 0; v <= seed % 4; ++v) {
        auto stream = test::random_stream(std::to_string(v), random);
        std::shuffle(stream.retraining.begin(), stream.retraining.end(), random);
        stream.retraining.resize(random() % 7);
        for (auto& entry : stream.retraining)
            entry.device_seconds *= std::pow(10, 2 * uniform(random) - 1.5);
        for (auto& entry : stream.inference) entry.share *= 4 * uniform(random) + 0.1;
        problem.streams.push_back(stream);
    }
    if (seed % 2 == 1) problem.min_accuracy = 0.6 * uniform(random);
    if (seed % 3 == 1) problem.max_job_share = unit * std::floor(1 + 5 * uniform(random));
    if (seed % 5 == 1)
        problem.curve = std::make_shared<const InferenceCurve>(InferenceCurve::interpolated(
            {{1, 1}, {2, 0.78}, {4, 0.6}, {10, 0.15}, {20, 0.04}}, 0.25));
    return problem;
}

}  // namespace

TEST_CASE(
    "schedule_separable: the best of all shares, splits and configurations on 600 small problems") {
    int retrained = 0, violated = 0;
    for (unsigned seed = 0; seed < 600; ++seed) {
        CAPTURE(seed);
        const double unit = seed % 7 == 0 ? 0.25 : 0.1;
        const auto problem = small_problem(seed, unit);
        const auto plan =
            schedule_separable(problem, {.unit = std::min(unit, problem.max_job_share)});
        const Worth found = worth_of(score_plan(problem, plan)),
                    best = best_of_all(problem, 1 / unit);
        CHECK_NOTHROW(check_shares(problem, plan));
        CHECK(found.violations == best.violations);
        CHECK(found.shortfall == Approx(best.shortfall).epsilon(1e-9));
        CHECK(found.accuracy == Approx(best.accuracy).epsilon(1e-9));
        CHECK(plan.mean_accuracy ==
              Approx(found.accuracy / static_cast<double>(problem.streams.size())).epsilon(1e-9));
        CHECK(static_cast<int>(plan.violations.size()) == found.violations);
        for (const auto& stream : plan.streams) retrained += stream.retraining ? 1 : 0;
        violated += found.violations > 0 ? 1 : 0;
    }
    // The instances exercise what they are meant to.
    CHECK(retrained > 300);
    CHECK(violated > 50);
    CHECK(violated < 550);
}

TEST_CASE(
    "schedule_separable: worked example -> 67.708, B retrains on a device of its own; the optimum "
    "goes on to A") {
    const auto plan = schedule_separable(test::worked_example());
    CHECK(plan.policy == "separable");
    CHECK(plan.violations.empty());
    CHECK(plan.mean_accuracy == Approx((0.65 + (0.5 * 50 + 0.85 * 70) / 120) / 2));
    CHECK_FALSE(plan.streams[0].retraining);
    REQUIRE(plan.streams[1].retraining);
    CHECK(plan.streams[1].retraining->expected_seconds == Approx(50));
    CHECK(plan.streams[1].steps.back().inference_share == 1);
}

TEST_CASE("schedule_separable: a finer unit is never worse, down to 0.001") {
    for (unsigned seed = 0; seed < 10; ++seed) {
        CAPTURE(seed);
        auto problem = test::random_problem(2 * seed);
        double before = 0;
        for (const double unit : {0.1, 0.05, 0.01}) {
            const double now = schedule_separable(problem, {.unit = unit}).mean_accuracy;
            CHECK(now >= before - 1e-12);
            before = now;
        }
        problem.streams.resize(1);
        CHECK(schedule_separable(problem, {.unit = 0.001}).mean_accuracy >=
              schedule_separable(problem, {.unit = 0.01}).mean_accuracy - 1e-12);
    }
}

TEST_CASE("schedule_separable: the order of the streams changes nothing") {
    std::mt19937 random(11);
    for (unsigned seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        auto problem = test::random_problem(seed);
        const auto plan = schedule_separable(problem);
        std::shuffle(problem.streams.begin(), problem.streams.end(), random);
        const auto other = schedule_separable(problem);
        CHECK(other.mean_accuracy == plan.mean_accuracy);
        for (const auto& stream : other.streams)
            CHECK(std::any_of(plan.streams.begin(), plan.streams.end(), [&](const auto& same) {
                return same.stream == stream.stream && same.steps == stream.steps;
            }));
        for (std::size_t v = 0; v < other.streams.size(); ++v)
            CHECK(other.streams[v].stream == problem.streams[v].stream);
    }
}

TEST_CASE("schedule_separable: a_MIN of two identical streams goes before the accuracy of one") {
    auto problem = test::problem_of(100, 1);
    problem.streams = {test::linear_stream("A", 0.8), test::linear_stream("B", 0.8)};
    problem.streams[0].retraining = {{test::config_of(1), 1.0, 10}};
    problem.min_accuracy = 0.4;  // half a device each, nothing is left to retrain with
    const auto plan = schedule_separable(problem);
    CHECK(plan.violations.empty());
    CHECK(plan.mean_accuracy == Approx(0.4));
    CHECK_FALSE(plan.streams[0].retraining);
}

TEST_CASE("schedule_separable: no GPUs, nothing to retrain with, more GPUs than can be used") {
    auto problem = test::worked_example();
    problem.gpus = 0;
    CHECK(schedule_separable(problem).mean_accuracy == 0);
    CHECK(schedule_separable(problem).violations.size() == 1);
    problem.gpus = 1e6;  // one device a job: 85 and 80 s, or 65 and 50
    CHECK(schedule_separable(problem).mean_accuracy ==
          Approx((0.65 + 0.10 * 35 / 120 + 0.5 + 0.35 * 70 / 120) / 2));
    for (auto& stream : problem.streams) stream.retraining.clear();
    problem.gpus = 3;
    CHECK(schedule_separable(problem).mean_accuracy ==
          Approx(schedule_none(problem).mean_accuracy));
}

TEST_CASE("schedule_separable: wrong units and problems are named") {
    auto problem = test::worked_example();
    CHECK_THROWS_WITH_AS((void)schedule_separable(problem, {.unit = 0.0001}),
                         "unit: 1e-04 is not in [0.001, 1]", DomainError);
    CHECK_THROWS_AS((void)schedule_separable(problem, {.unit = 1.5}), DomainError);
    problem.gpus = 0.05;
    CHECK_THROWS_AS((void)schedule_separable(problem), DomainError);
    problem.gpus = 1e6;
    problem.max_job_share = 1e6;
    CHECK_THROWS_AS((void)schedule_separable(problem, {.unit = 0.001}), DomainError);
    problem = test::worked_example();
    problem.horizon = 1e13;
    CHECK_THROWS_AS((void)schedule_separable(problem), DomainError);
    CHECK_THROWS_AS((void)schedule_separable(ScheduleProblem{}), DomainError);
}
