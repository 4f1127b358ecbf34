#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "ekya/core/errors.hpp"
#include "ekya/learn/exhaustive.hpp"
#include "ekya/learn/profiling.hpp"
#include "striped_store.hpp"
#include "trial_runner.hpp"

using namespace ekya;
using namespace ekya::test;
using doctest::Approx;

namespace {

RetrainingConfig head_of(int epochs, double data_fraction) {
    RetrainingConfig config;
    config.epochs = epochs;
    config.data_fraction = data_fraction;
    config.layers = TrainedLayers::head;
    return config;
}

ProfilingRequest profiling(int window, std::vector<RetrainingConfig> configs = {}) {
    ProfilingRequest request;
    request.stream = "a";
    request.classes = striped_classes;
    request.window = window;
    request.model = "base";
    request.configs = std::move(configs);
    request.options.min_samples = 40;
    request.options.epochs = 3;
    return request;
}

}  // namespace

TEST_CASE("TrialRunner: a trial's accuracies and what its parts cost; a spent budget ends it") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);
    TrainingSamples fresh{striped_crops(in_turn(90), 11), in_turn(90)},
        held_out{striped_crops(in_turn(30), 12), in_turn(30)};
    TrainingJob job;
    job.architecture = store.model("a", "base").architecture;
    job.start_architecture = job.architecture;
    job.start_weights = store.weights_file("a", "base");
    job.fresh = &fresh;
    job.held_out = &held_out;
    constexpr double start_seconds = 100;  // of a process; not of the trial
    TrialRunner runner(job, start_seconds, {}, 1.0 / 3);
    TrialRequest request;
    request.layers = TrainedLayers::head;
    request.sample_fraction = 0.5;
    request.epochs = 4;
    request.patience = 4;
    const auto trial = runner.run(request);
    CHECK(trial.accuracy_per_epoch.size() == 4);
    CHECK(trial.accuracy_per_epoch.back() > 0.8);
    CHECK(trial.samples == 45);
    CHECK(trial.samples_seconds > 0);
    CHECK(trial.setup_seconds > start_seconds);
    CHECK(trial.device_seconds < start_seconds);
    CHECK(trial.samples_seconds + trial.setup_seconds - start_seconds +
              4 * trial.device_seconds_per_epoch <=
          2 * trial.device_seconds);
    CHECK_FALSE(trial.start_accuracy.has_value());
    request.budget_seconds = 1e-9;
    CHECK(runner.run(request).accuracy_per_epoch.size() == 1);
    request.budget_seconds = 0;
    request.head_width = 8;  // a new head knows nothing
    CHECK(runner.run(request).start_accuracy.value() == Approx(1.0 / 3));
}

TEST_CASE("profile_stream: the deployed model is measured on as many labels as asked for") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);
    auto request = profiling(3);
    for (const auto& [most, expected] : {std::pair{0, 60}, {45, 45}, {10, 10}, {500, 60}}) {
        CAPTURE(most);
        request.measured_most = most;
        CHECK(profile_stream(store, request).record.labels == expected);
    }
}

TEST_CASE("profile_stream: labels count as much as what they stand for") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);
    std::vector<int> said = in_turn(60);
    for (std::size_t i = 0; i < 20; ++i)
        said[i] = (said[i] + 1) % 3;  // those that were chosen are all answered wrongly
    store_window(store, "a", 2, in_turn(60), said);
    auto labels = store.labels("a", 2);
    for (auto& label : labels.labels) {
        label.uniform = label.crop >= 20;
        label.weight = label.uniform ? 2 : 1;
    }
    store.write_labels(labels);
    const auto estimate = profile_stream(store, profiling(3)).record;
    CHECK(estimate.accuracy == Approx(80.0 / 100).epsilon(0.05));
    CHECK(estimate.labels == 56);  // 100^2 / (20 + 160) = 55.6
}

TEST_CASE(
    "profile_stream: the coming window is expected to be like the end of the last one, which is "
    "measured as a whole all the same") {
    ProfileRecord wrong_at[2];  // beginning, end
    for (const std::size_t half : {0U, 1U}) {
        const Scratch scratch;
        const Store store(scratch.path());
        store_trained(store);
        auto said = in_turn(60);
        for (std::size_t i = 30 * half; i < 30 * (half + 1); ++i) said[i] = (said[i] + 1) % 3;
        store_window(store, "a", 2, in_turn(60), said);
        wrong_at[half] = profile_stream(store, profiling(3, {head_of(1, 1)})).record;
    }
    for (const auto& estimate : wrong_at)
        CHECK(std::abs(estimate.accuracy_on_labels() - 0.5) < 0.02);
    // Three quarters of the emphasis are on the second half; 0.2 of what differs from the level
    // stays.
    CHECK(std::abs(wrong_at[0].accuracy - wrong_at[1].accuracy - 0.2 * 0.49) < 0.02);
}

TEST_CASE(
    "profile_stream: trials learn from all fresh windows, the deployed model is measured on the "
    "last one") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);                                              // on windows 0 and 1
    store_window(store, "a", 2, in_turn(60), all_wrong(in_turn(60)));  // the model is wrong there
    store_window(store, "a", 3, in_turn(40));
    auto request = profiling(4, {head_of(30, 1)});
    request.exemplars = 0;
    const auto one = profile_stream(store, request).record;
    request.fresh_windows = 2;
    const auto two = profile_stream(store, request).record;
    for (const auto* estimate : {&one, &two}) {
        CHECK(estimate->labels == 40);
        CHECK(estimate->accuracy_on_labels() > 0.9);
        CHECK_FALSE(estimate->drift.value().drifted);
    }
    REQUIRE(one.retraining.size() == 1);
    REQUIRE(two.retraining.size() == 1);
    CHECK(two.retraining[0].device_seconds >
          one.retraining[0].device_seconds);  // 100 labels, not 40
    CHECK(two.retraining[0].accuracy != Approx(one.retraining[0].accuracy));
    request.fresh_windows = 9;  // the model has learned from the others
    CHECK(profile_stream(store, request).record.retraining.at(0).accuracy ==
          Approx(two.retraining[0].accuracy));
}

TEST_CASE("profile_stream: after a drift what is remembered ends before the fresh windows") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);
    store_window(store, "a", 3, in_turn(60), all_wrong(in_turn(60)));
    auto request = profiling(4, {head_of(1, 1)});
    request.exemplars = 100;
    request.fresh_windows = 2;
    const auto estimate = profile_stream(store, request).record;
    CHECK(estimate.drift.value().drifted);
    CHECK(estimate.start.exemplars_from == 1);
}

TEST_CASE(
    "profile_stream: between regular retrainings a retraining is estimated only after a drift") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);
    auto request = profiling(3, {head_of(1, 1)});
    request.only_drifted = true;
    const auto steady = profile_stream(store, request).record;
    CHECK_FALSE(steady.drift.value().drifted);
    CHECK(steady.retraining.empty());
    CHECK(steady.expected_change !=
          0);  // planned beside drifted streams, so it is forecast like them
    store_window(store, "a", 2, in_turn(60), all_wrong(in_turn(60)));
    const auto drifted = profile_stream(store, request).record;
    CHECK(drifted.drift.value().drifted);
    CHECK(drifted.retraining.size() == 1);
    request.look_for_drift = false;  // who does not look sees none
    CHECK(profile_stream(store, request).record.retraining.empty());
}

TEST_CASE(
    "profile_stream: frozen layers cost by the data; an earlier model that is as good is expected "
    "to be so") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);
    auto twin = store.model("a", "base");
    twin.id = "w00001-twin";
    (void)store.write_model(twin, [&](const auto& path) {
        std::filesystem::copy_file(store.weights_file("a", "base"), path);
    });
    // Four passes over all data both, so that only the activations of frozen layers differ.
    const auto estimate =
        profile_stream(store, profiling(3, {head_of(40, 0.1), head_of(4, 1)})).record;
    REQUIRE(estimate.retraining.size() == 2);
    CHECK(estimate.retraining[1].device_seconds > estimate.retraining[0].device_seconds);
    CHECK(estimate.expected_change != 0);
    REQUIRE(estimate.cached.size() == 1);
    CHECK(estimate.cached[0].id == "w00001-twin");
    CHECK(estimate.cached[0].accuracy == Approx(estimate.accuracy));
}

TEST_CASE(
    "profile_stream: short of its budget it estimates from what earlier windows knew; what was "
    "spent before counts") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);
    auto request = profiling(3, {head_of(2, 1), head_of(4, 1)});
    const auto tried = profile_stream(store, request);
    CHECK((tried.untried.empty() && tried.dropped.empty()));
    CHECK(tried.record.samples > 30);
    store.write_profile(tried.record);
    store_window(store, "a", 3, in_turn(60));
    request.window = 4;
    request.budget_seconds = 1000;
    CHECK(profile_stream(store, request).untried.empty());
    request.spent_seconds = 1000;
    const auto remembered = profile_stream(store, request);
    CHECK(remembered.record.profiling_seconds > 1000);
    CHECK((remembered.untried.size() == 2 && remembered.dropped.empty()));
    REQUIRE(remembered.record.retraining.size() == 2);
    const double samples = static_cast<double>(remembered.record.samples) / tried.record.samples;
    for (std::size_t i = 0; i < 2; ++i)
        CHECK(remembered.record.retraining[i].device_seconds ==
              Approx(tried.record.retraining[i].device_seconds * samples));
    const auto forgotten = [&](const ProfileRecord& earlier) {
        store.write_profile(earlier);
        return profile_stream(store, request).dropped.size() == 2;
    };
    auto earlier = tried.record;
    earlier.device = "cuda";
    CHECK(forgotten(earlier));
    earlier.device = "";  // an old record does not say where
    CHECK_FALSE(forgotten(earlier));
    auto wider = store.model("a", "base");
    wider.id = earlier.model = "wider";
    CHECK_FALSE(forgotten(earlier));  // a model that is no longer there
    wider.architecture.width *= 2;
    (void)store.write_model(wider, [](const auto& path) { std::ofstream(path) << "weights"; });
    CHECK(forgotten(earlier));
    request.window = 3;
    const auto first = profile_stream(store, request);
    CHECK((first.untried.empty() && first.dropped.size() == 2 && first.record.retraining.empty()));
    request.options.drop = false;
    CHECK(profile_stream(store, request).record.retraining.size() == 2);
}

TEST_CASE(
    "profile_stream: after a drift trials learn from the exemplars that a retraining would still "
    "have") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);
    store_window(store, "a", 2, in_turn(60), all_wrong(in_turn(60)));
    auto request = profiling(3, {head_of(5, 1)});
    request.exemplars = 100;
    const auto drifted = profile_stream(store, request).record;
    REQUIRE(drifted.start.exemplars_from == 1);
    request.memory.from_window = 1;  // the same memory, asked for
    const auto asked = profile_stream(store, request).record;
    REQUIRE(drifted.retraining.size() == 1);
    CHECK(drifted.retraining[0].accuracy == Approx(asked.retraining[0].accuracy));
}

TEST_CASE(
    "measure_truth: trainings start where the estimate says, as far as warm starts are allowed") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);
    store_window(store, "a", 3, in_turn(30));
    for (int window = 0; window < 2; ++window) store_window(store, "b", window, in_turn(60));
    auto poor = request_for("b", -1, 1);
    poor.config.learning_rate = 1e-6;
    (void)retrain(store, poor);
    auto request = profiling(3, {head_of(1, 1)});
    auto estimate = profile_stream(store, request).record;
    estimate.start.model = "base";
    estimate.start.stream = "b";
    store.write_profile(estimate);
    const auto measured_with = [&](WarmStart allowed) {
        request.warm_start = allowed;
        return measure_truth(store, store, request);
    };
    const auto deployed = measured_with(WarmStart::off);
    CHECK(deployed.start.model.empty());
    CHECK(measured_with(WarmStart::own).start.model.empty());
    CHECK(measured_with(WarmStart::own).start.stream.empty());
    const auto other = measured_with(WarmStart::all);
    CHECK(other.start.model == "base");
    CHECK(other.start.stream == "b");
    CHECK(other.retraining.at(0).accuracy <
          deployed.retraining.at(0).accuracy - 0.1);  // that model has hardly learned

    auto untrained = store.model("b", "base");
    untrained.id = "w00001-poor";
    untrained.stream = "a";
    (void)store.write_model(untrained, [&](const auto& path) {
        std::filesystem::copy_file(store.weights_file("b", "base"), path);
    });
    estimate.start.model = untrained.id;
    estimate.start.stream = "";
    store.write_profile(estimate);
    const auto own = measured_with(WarmStart::own);
    CHECK(own.start.model == untrained.id);
    CHECK(own.retraining.at(0).accuracy == other.retraining.at(0).accuracy);
    CHECK(measured_with(WarmStart::off).start.model.empty());
}

TEST_CASE("measure_truth: of several trainings the mean counts, each has a seed of its own") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store, 1);
    store_window(store, "a", 3, in_turn(60));
    auto request = profiling(3, {head_of(1, 1)});
    const auto one = measure_truth(store, store, request);
    CHECK(one.retraining.at(0).accuracies.empty());
    request.repeats = 3;
    const auto three = measure_truth(store, store, request).retraining.at(0);
    REQUIRE(three.accuracies.size() == 3);
    CHECK(three.accuracies[0] == one.retraining[0].accuracy);
    CHECK(
        (three.accuracies[0] != three.accuracies[1] || three.accuracies[0] != three.accuracies[2]));
    CHECK(three.accuracy ==
          Approx((three.accuracies[0] + three.accuracies[1] + three.accuracies[2]) / 3));
    request.repeats = 1;
    request.seed += 2;
    CHECK(measure_truth(store, store, request).retraining.at(0).accuracy == three.accuracies[2]);
    request.repeats = 0;
    CHECK_THROWS_WITH_AS((void)measure_truth(store, store, request), doctest::Contains("repeats"),
                         DomainError);
}
