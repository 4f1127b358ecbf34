#include <doctest/doctest.h>

#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/simulate/simulation.hpp"
#include "worked_example.hpp"

using namespace ekya;
using namespace ekya::test;
using doctest::Approx;

TEST_CASE("simulate: a window runs as planned where all is as predicted") {
    auto options = options_for("best");
    const auto simulation = simulate(worked_example(), options, true);
    CHECK(simulation.mean_accuracy == Approx(0.7609375).epsilon(1e-6));
    CHECK(simulation.windows[0].expected_accuracy == Approx(simulation.windows[0].mean_accuracy));

    options.gpus = 1;
    options.window_seconds = 100;
    options.delay = 20;
    options.keep_models = false;
    const auto window =
        simulate(profiles_from_inputs({stream("a", 0, 0.5, {{{1}, 1, 30}})}, {}), options, true)
            .windows[0];
    CHECK(window.mean_accuracy == Approx(0.2 * 0.5 + 0.5 * 1));
    REQUIRE(window.streams[0].score.ends);
    CHECK(*window.streams[0].score.starts == Approx(20));
    CHECK(*window.streams[0].score.ends == Approx(50));
}

TEST_CASE("simulate: a retraining that takes longer is waited for") {
    const auto told = stream("a", 0, 0.5, {{{1}, 0.9, 50}});
    auto options = options_for("best");
    options.pool = false;
    options.gpus = 2;
    options.window_seconds = 100;
    const auto accuracy = [&](double real_cost) {
        auto real = told;
        real.retraining[0].device_seconds = real_cost;
        const auto window =
            simulate(profiles_from_inputs({told}, {real}), options, false).windows[0];
        CHECK(window.expected_accuracy == Approx(0.7));
        return window.mean_accuracy;
    };
    CHECK(accuracy(60) == Approx(0.6 * 0.5 + 0.4 * 0.9));
    CHECK(accuracy(40) == Approx(0.4 * 0.5 + 0.6 * 0.9));
    CHECK(accuracy(1000) == Approx(0.5));
}

TEST_CASE("simulate: what a window has no time for ends with the epochs it has") {
    const auto told = stream("a", 0, 0.5, {{{1}, 0.7, 15}, {{2}, 0.9, 30}, {{3}, 0.91, 45}});
    auto options = options_for("best");
    options.pool = false;
    options.gpus = 2;
    options.window_seconds = 100;
    const auto run = [&](double first, double second) {
        auto real = told;
        real.retraining[0].device_seconds = first;
        real.retraining[1].device_seconds = second;
        real.retraining[0].accuracy = 0.6;
        return simulate(profiles_from_inputs({told}, {real}), options, false).windows[0].streams[0];
    };
    auto fared = run(60, 300);
    CHECK(fared.retraining == told.retraining[1].config.name());
    CHECK(fared.counted_as == told.retraining[0].config.name());
    CHECK(fared.score.model_accuracy == 0.6);
    CHECK(fared.score.accuracy == Approx(0.5));  // it came with the window's end
    fared = run(150, 300);
    CHECK(fared.retraining == told.retraining[1].config.name());
    CHECK(fared.counted_as.empty());
    CHECK_FALSE(fared.score.ends);
    CHECK(fared.score.model_accuracy == 0.5);
}

TEST_CASE(
    "simulate: a retraining that is paused and then ended serves from its end, not from "
    "the pause") {
    int paused_then_ended = 0;
    for (const auto* policy : {"best", "thief", "separable"})
        for (int seed = 0; seed < 400; ++seed) {
            auto options = options_for(policy);
            options.pool = false;
            options.gpus = 1;
            options.window_seconds = 100;
            options.keep_models = false;
            options.keep_plans = true;
            std::vector<PlanningInput> told, real;
            for (int v = 0; v < 3; ++v) {
                const double cost = 5 + (13 * seed + 7 * v) % 29,
                             gain = 0.05 * ((5 * seed + 3 * v) % 8);
                told.push_back(stream(std::string("s").append(std::to_string(v)), 0, 0.4,
                                      {{{1}, 0.45 + gain / 2, cost / 4}, {{2}, 0.5 + gain, cost}}));
                told.back().inference = {{{1, 0}, 1, 0.05}};
                real.push_back(told.back());
                for (auto& entry : real.back().retraining)
                    entry.device_seconds *= 0.2 + 0.7 * ((seed + 2 * v) % 11);
            }
            const auto window =
                simulate(profiles_from_inputs(told, real), options, false).windows[0];
            for (std::size_t v = 0; v < 3; ++v) {
                const auto& fared = window.streams[v];
                if (!fared.score.ends) continue;
                double working_until = 0;
                const auto& steps = window.plan->streams[v].steps;
                for (std::size_t i = 0; i < steps.size(); ++i)
                    if (steps[i].retraining_share > 0)
                        working_until =
                            i + 1 < steps.size() ? steps[i + 1].start : options.window_seconds;
                CHECK(*fared.score.ends >= working_until - 1e-6);
                if (*fared.score.ends < working_until + 1) continue;
                ++paused_then_ended;
                double accuracy = 0;  // inference has enough share all the time
                for (const auto& entry : real[v].retraining)
                    if (entry.id() == fared.counted_as) accuracy = entry.accuracy;
                CHECK(fared.score.accuracy ==
                      Approx((0.4 * *fared.score.ends + accuracy * (100 - *fared.score.ends)) / 100)
                          .epsilon(0.02));
            }
        }
    MESSAGE("paused and then ended: ", paused_then_ended);
    CHECK(paused_then_ended > 0);
}

TEST_CASE(
    "simulate: what is left over goes to inference; a moment too short to count "
    "ends what is in it") {
    auto options = options_for("thief");
    options.policy.setting.options.thief.quantum = options.policy.setting.options.thief.unit = 0.3;
    options.gpus = 1;
    options.keep_models = false;
    auto idle = stream("a", 0, 0.8, {});
    idle.inference = {{{1, 0}, 1, 0.5}, {{2, 0}, 0.75, 0.34}};
    auto other = idle;
    other.stream = "b";
    const auto set = profiles_from_inputs({idle, other}, {});
    CHECK(simulate(set, options, true).mean_accuracy == Approx(0.7));

    options = options_for("best");
    options.pool = false;
    options.gpus = 2;
    options.window_seconds = 86400;
    auto told = stream("a", 0, 0.5, {{{1}, 0.9, 15774}}), second = told;
    second.stream = "b";
    auto real = told, quick = second;
    real.retraining[0].device_seconds = 15773.86;
    quick.retraining[0].device_seconds = 0.00086;
    CHECK(simulate(profiles_from_inputs({told, second}, {real, quick}), options, false)
              .mean_accuracy > 0.5);
}

TEST_CASE("simulate: a window never grants more than there is, whatever retrainings take") {
    std::vector<PlanningInput> told, real;
    for (int w = 0; w < 20; ++w) {
        for (int v = 0; v < 4; ++v) {
            const double gain = 0.02 * ((7 * w + 3 * v) % 11), cost = 4 + (5 * w + 11 * v) % 17;
            told.push_back(stream(std::string("s").append(std::to_string(v)), w, 0.5,
                                  {{{1}, 0.52 + gain, cost}, {{2}, 0.55 + gain, 2 * cost}}));
            told.back().inference = {{{1, 0}, 1, 0.15}, {{2, 0}, 0.8, 0.08}};
            real.push_back(told.back());
            for (auto& entry : real.back().retraining)
                entry.device_seconds *= 0.5 + 0.1 * ((3 * w + 2 * v) % 20);
        }
    }
    const auto set = profiles_from_inputs(told, real);
    for (const auto* policy : {"best", "thief", "uniform", "fair", "separable", "none",
                               "thief-fixed-resources", "thief-fixed-config"})
        for (const double gpus : {0.5, 1.0, 3.0}) {
            auto options = options_for(policy);
            options.pool = false;
            options.gpus = gpus;
            options.window_seconds = 60;
            options.delay = 5;
            options.keep_models = false;
            options.keep_plans = true;
            CAPTURE(policy);
            CAPTURE(gpus);
            for (const auto& window : simulate(set, options, false).windows) {
                ScheduleProblem problem;
                problem.gpus = gpus;
                CHECK_NOTHROW(check_shares(problem, *window.plan));
                CHECK(window.plan->horizon == Approx(60));
                if (std::string(policy) == "none")
                    CHECK(window.mean_accuracy == Approx(window.expected_accuracy));
            }
        }
}
