#include <doctest/doctest.h>

#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/simulate/simulation_record.hpp"
#include "ekya/simulate/sweep.hpp"
#include "worked_example.hpp"

using namespace ekya;
using namespace ekya::test;
using doctest::Approx;

TEST_CASE("simulate: the worked example over both windows, best -> the optimum 76.09375") {
    const auto simulation = simulate(worked_example(), options_for("best"), true);
    REQUIRE(simulation.windows.size() == 2);
    CHECK(simulation.mean_accuracy == Approx(0.7609375).epsilon(1e-9));
    CHECK(simulation.windows[0].mean_accuracy == Approx(0.678125));
    CHECK(simulation.windows[1].streams[0].score.model_accuracy == 0.90);
    CHECK(simulation.windows[0].expected_accuracy == Approx(simulation.windows[0].mean_accuracy));
}

TEST_CASE("simulate: what retraining really gives decides, not what was predicted") {
    auto told = stream("a", 0, 0.5, {{{1}, 0.9, 50}}), real = told;
    real.retraining[0].accuracy = 0.6;
    auto options = options_for("best");
    options.pool = false;
    options.gpus = 2;
    options.window_seconds = 100;
    const auto simulation = simulate(profiles_from_inputs({told}, {real}), options, false);
    CHECK(simulation.windows[0].expected_accuracy == Approx(0.7));
    CHECK(simulation.mean_accuracy == Approx(0.55));
}

TEST_CASE("simulate: until the golden model has labelled, inference has all devices") {
    auto options = options_for("best");
    options.gpus = 1;
    options.window_seconds = 100;
    options.delay = 20;
    options.keep_models = false;
    const auto set = profiles_from_inputs({stream("a", 0, 0.5, {{{1}, 1, 30}})}, {});
    const auto window = simulate(set, options, true).windows[0];
    // 20 s with all of the device, 30 s with none, then the new model
    CHECK(window.mean_accuracy == Approx(0.2 * 0.5 + 0.5 * 1));
    REQUIRE(window.streams[0].score.ends);
    CHECK(*window.streams[0].score.starts == Approx(20));
    CHECK(*window.streams[0].score.ends == Approx(50));
    // what was planned for the 80 s after labelling
    CHECK(window.expected_accuracy == Approx((30 * 0.0 + 50 * 1) / 80));
}

TEST_CASE("simulate: what is expected with true values comes out") {
    for (const char* policy : {"best", "thief", "uniform"}) {
        CAPTURE(policy);
        auto options = options_for(policy);
        for (const auto& window : simulate(worked_example(), options, true).windows)
            CHECK(window.expected_accuracy == Approx(window.mean_accuracy).epsilon(1e-12));
    }
}

TEST_CASE("simulate: a stream that was away for some windows comes back with the model it had") {
    const auto set = profiles_from_inputs(
        {stream("A", 1, 0.5, {{{1}, 0.9, 50}}), stream("B", 1, 0.5, {}), stream("B", 2, 0.5, {}),
         stream("B", 3, 0.5, {}), stream("A", 4, 0.1, {}), stream("B", 4, 0.5, {})},
        {});
    const auto windows = simulate(set, options_for("best"), true).windows;
    REQUIRE(windows.size() == 4);
    REQUIRE(windows[0].streams[0].score.model_accuracy == 0.9);
    CHECK(windows[3].streams[0].stream == "A");
    CHECK(windows[3].streams[0].score.accuracy == Approx(0.9));
}

TEST_CASE("simulate: can be stopped between windows") {
    auto options = options_for("none");
    int calls = 0;
    options.check = [&] {
        if (++calls == 2) throw Error("stop");
    };
    CHECK_THROWS_WITH_AS((void)simulate(worked_example(), options, true), "stop", Error);
    CHECK(calls == 2);
}

TEST_CASE("add_noise: the same for a stream whatever else is simulated, of the size asked for") {
    ProfileSet set;
    std::vector<PlanningInput> all;
    for (int v = 0; v < 40; ++v) {
        std::vector<RetrainingOption> retraining;
        for (int c = 1; c <= 25; ++c) retraining.push_back({{c}, 0.5, 10});
        all.push_back(stream(std::string("s").append(std::to_string(v)), 0, 0.5, retraining));
    }
    auto both = profiles_from_inputs(all, {}).windows[0],
         one = profiles_from_inputs({all[7]}, {}).windows[0];
    const std::string name = one.predicted[0].stream;
    add_noise(both.predicted, "0", 0.1, 3);
    add_noise(one.predicted, "0", 0.1, 3);
    double sum = 0, squares = 0;
    for (const auto& estimate : both.predicted) {
        for (std::size_t i = 0; i < estimate.retraining.size(); ++i) {
            const double off = estimate.retraining[i].accuracy - 0.5;
            sum += off / 1000;
            squares += off * off / 1000;
            if (estimate.stream == name)
                CHECK(estimate.retraining[i].accuracy == one.predicted[0].retraining[i].accuracy);
        }
    }
    CHECK(std::abs(sum) < 0.015);
    CHECK(std::sqrt(squares) == Approx(0.1).epsilon(0.1));
    CHECK(both.truth[0].retraining[0].accuracy == 0.5);
    auto other = profiles_from_inputs({all[7]}, {}).windows[0];
    add_noise(other.predicted, "0", 0.1, 4);
    CHECK(other.predicted[0].retraining[0].accuracy != one.predicted[0].retraining[0].accuracy);
}

TEST_CASE("prepare_windows: best's estimates are pooled unless it plans with the truth") {
    std::vector<PlanningInput> told;
    for (int v = 0; v < 12; ++v)
        told.push_back(stream(std::string("s").append(std::to_string(v)), 0, 0.5,
                              {{{1}, 0.6, 10}, {{2}, 0.7, 20}, {{3}, v == 0 ? 0.95 : 0.72, 25}}));
    const auto options = options_for("best");
    const auto set = profiles_from_inputs(told, told);
    CHECK_FALSE(prepare_windows(set, options, true)[0].changed);
    const auto pooled = prepare_windows(set, options, false);
    REQUIRE(pooled[0].changed);
    CHECK(pooled[0].predicted()[0].retraining[2].accuracy != 0.95);
    for (const auto* policy : {"best", "thief"}) {
        auto noisy = options_for(policy);
        noisy.noise = 0.1;
        CHECK_NOTHROW((void)simulate(set, noisy, true));
    }
}

TEST_CASE("run_sweep: all combinations in order, the same with one thread and with four") {
    Sweep sweep;
    sweep.common.window_seconds = 120;
    sweep.policies = {simulated_policy_from("best"), simulated_policy_from("none")};
    sweep.streams = {1, 0};
    sweep.gpus = {1, 3};
    sweep.noise = {0, 0.1};
    sweep.delay = {0};
    sweep.window_seconds = {120};
    sweep.quantum = {0.1};
    const auto set = worked_example();
    const auto alone = run_sweep(set, false, sweep);
    sweep.jobs = 4;
    double last = 0;
    const auto together = run_sweep(set, false, sweep, [&](double done) {
        CHECK(done > last);
        last = done;
    });
    CHECK(last == 1);
    REQUIRE(alone.size() == 16);
    REQUIRE(together.size() == 16);
    for (std::size_t i = 0; i < alone.size(); ++i)
        CHECK(alone[i].mean_accuracy == together[i].mean_accuracy);
    CHECK(alone[0].streams == 1);
    CHECK(alone[4].streams == 2);
    CHECK(alone[1].options.noise == 0.1);
    CHECK(alone[2].options.gpus == 3);
    CHECK(alone[8].options.policy.text == "none");
    CHECK_THROWS_AS((void)run_sweep(set, false, sweep, [](double) { throw Error("stop"); }), Error);
    sweep.streams = {3};
    CHECK_THROWS_WITH_AS((void)run_sweep(set, false, sweep),
                         "streams: the profiles have 2 cameras, 3 are needed", DomainError);
}

TEST_CASE("run_sweep: fewer devices than a quantum are one unit for a thief") {
    Sweep sweep;
    sweep.policies = {simulated_policy_from("thief"), simulated_policy_from("separable")};
    sweep.streams = {1};
    sweep.gpus = {0, 0.05};
    sweep.noise = sweep.delay = {0};
    sweep.window_seconds = {120};
    sweep.quantum = {0.1};
    const auto found = run_sweep(worked_example(), true, sweep);
    REQUIRE(found.size() == 4);
    for (const std::size_t thief : {0u, 2u}) {
        CHECK(found[thief].mean_accuracy == 0);
        CHECK(found[thief + 1].windows[0].mean_accuracy == Approx(0.05 * 0.65));
    }
}

TEST_CASE("run_sweep: a bound is computed once for all that it is the same for") {
    Sweep sweep;
    sweep.policies = {simulated_policy_from("none"), simulated_policy_from("uniform")};
    sweep.streams = {1, 2};
    sweep.gpus = {1, 3};
    sweep.noise = {0, 0.1};
    sweep.delay = {0};
    sweep.window_seconds = {120};
    sweep.quantum = {0.1};
    int calls = 0;
    sweep.common.bound = [&](const ScheduleProblem& problem) {
        ++calls;
        return (problem.gpus + 10 * static_cast<double>(problem.streams.size()) +
                0.5 * problem.window) /
               100;
    };
    const auto found = run_sweep(worked_example(), true, sweep);
    CHECK(calls == 2 * 2 * 2);
    for (const auto& simulation : found) {
        const double expected =
            (simulation.options.gpus + 10 * static_cast<double>(simulation.streams) + 0.75) / 100;
        REQUIRE(simulation.bound);
        CHECK(*simulation.bound == Approx(expected));
    }
}

TEST_CASE("run_sweep: an error names the combination") {
    Sweep sweep;
    sweep.policies = {simulated_policy_from("reference-thief")};
    sweep.streams = {0};
    sweep.gpus = {2};
    sweep.noise = {0};
    sweep.delay = {0.5};
    sweep.window_seconds = {120};
    sweep.quantum = {0.1};
    CHECK_THROWS_WITH_AS(
        (void)run_sweep(worked_example(), true, sweep),
        "policy reference-thief, 2 streams, 2 GPUs: delay: is not a whole number of seconds",
        DomainError);
}

TEST_CASE("capacities: the most streams that hold the target, per policy and number of devices") {
    const auto simulation = [](double gpus, std::size_t streams, double accuracy) {
        Simulation s;
        s.options.gpus = gpus;
        s.streams = streams;
        s.mean_accuracy = accuracy;
        return s;
    };
    const auto found = capacities({simulation(1, 2, 0.8), simulation(1, 4, 0.76),
                                   simulation(1, 6, 0.7), simulation(2, 2, 0.7)},
                                  0.75);
    REQUIRE(found.size() == 2);
    CHECK(found[0].streams == 4);
    CHECK(found[0].mean_accuracy == 0.76);
    CHECK(found[1].streams == 0);
    CHECK(encode(found[1])["mean_accuracy"].is_null());
    CHECK_NOTHROW((void)decode<CapacityRecord>(encode(found[0]), "here"));
    CHECK(csv_lines(found)[0] ==
          "policy,mode,gpus,noise,delay,window_seconds,quantum,target,streams,mean_accuracy");
    CHECK(csv_lines(found)[1] == "best,predicted,1,0,0,200,0.1,0.75,4,0.76");
}

TEST_CASE(
    "simulation record: follows its schema; the timeline adds up to the devices and re-scores to "
    "the same accuracy") {
    auto options = options_for("best");
    options.keep_plans = true;
    options.bound = [](const ScheduleProblem&) { return 0.9; };
    const Json json = encode(simulate(worked_example(), options, true));
    CHECK_NOTHROW((void)decode<SimulationRecord>(json, "here"));
    CHECK(json["bound"] == Approx(0.9));
    const Json& window = json["windows"][0];
    double sum = 0, model_a = 0.65, model_b = 0.5;
    for (std::size_t i = 0; i < window["alloc"].size(); ++i) {
        const Seconds start = window["alloc"][i][0];
        const Seconds end =
            i + 1 < window["alloc"].size() ? window["alloc"][i + 1][0].get<double>() : 120;
        const Json& shares = window["alloc"][i][1];
        double held = 0;
        for (const auto& [job, share] : shares.items()) held += share.get<double>();
        CHECK(held <= 3 + 1e-9);
        if (start >= 115 - 1e-6) model_a = 0.70;
        if (start >= 50 - 1e-6) model_b = 0.85;
        sum += (end - start) *
               (model_a * shares["A_0_inference"].get<double>() +
                model_b * shares["B_1_inference"].get<double>()) /
               2;
    }
    CHECK(sum / 120 == Approx(window["mean_accuracy"].get<double>()));
}

TEST_CASE("profiles_from_inputs: what is missing in the truth, or twice, is named") {
    const auto a = stream("a", 3, 0.5, {{{1}, 0.9, 50}});
    CHECK_THROWS_WITH_AS((void)profiles_from_inputs({a, a}, {}),
                         "estimates: stream a, window 3: is listed twice", InputError);
    auto real = a;
    real.window = 2;
    CHECK_THROWS_WITH_AS((void)profiles_from_inputs({a}, {real}),
                         "truth: stream a, window 3: is missing", InputError);
    real.window = 3;
    real.retraining[0].config.epochs = 7;
    CHECK_THROWS_WITH_AS(
        (void)profiles_from_inputs({a}, {real}),
        doctest::Contains("truth: stream a, window 3: retraining configuration e1-"), InputError);
    auto told = a;
    told.cached.push_back({"w00001", 0.6, {}});
    real = a;
    real.cached.push_back({"w00002", 0.6, {}});
    CHECK_THROWS_WITH_AS((void)profiles_from_inputs({told}, {real}),
                         "truth: stream a, window 3: cached model w00001 is missing", InputError);
    auto measured = a;  // without any earlier model: then a plan cannot choose them
    CHECK(profiles_from_inputs({told}, {measured}).windows.at(0).predicted.at(0).cached.empty());
    measured.cached.push_back({"w00001", 0.5, {}});
    CHECK(profiles_from_inputs({told}, {measured}).windows.at(0).predicted.at(0).cached.size() ==
          1);
    auto later = told, half = measured;  // one window alone was measured without them
    later.window = half.window = 4;
    half.cached.clear();
    const auto both = profiles_from_inputs({told, later}, {measured, half});
    for (const auto& window : both.windows) CHECK(window.predicted.at(0).cached.empty());
}
