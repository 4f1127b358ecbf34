#include <doctest/doctest.h>

#include <fstream>

#include "ekya/core/errors.hpp"
#include "ekya/simulate/recorded_profiles.hpp"
#include "support/scratch.hpp"

using namespace ekya;

TEST_CASE("read_recorded_profiles: what was trained replaces what was estimated") {
    const test::Scratch scratch;
    const Store store(scratch.path());
    StreamEstimate estimate;
    estimate.stream = "a";
    estimate.window = 4;
    estimate.accuracy = 0.5;
    estimate.inference = {{{1, 0}, 1, 0.1}};
    estimate.retraining = {{{5}, 0.7, 10}, {{15}, 0.8, 30}};
    store.write_estimate(estimate);
    ModelCard card;
    card.id = "w00004-e15";
    card.stream = "a";
    card.window = 4;
    card.architecture.classes = 2;
    card.classes = {"car", "pedestrian"};
    card.config.epochs = 15;
    card.accuracy = 0.75;
    card.parent_accuracy = 0.45;
    card.device_seconds = 33;
    store.write_model(card, [](const auto& file) { std::ofstream(file) << "weights"; });
    const auto profiles = read_recorded_profiles(store);
    REQUIRE(profiles.predicted.size() == 1);
    CHECK(profiles.predicted[0].retraining[1].accuracy == 0.8);
    CHECK(profiles.truth[0].accuracy == 0.45);
    CHECK(profiles.truth[0].retraining[0].accuracy == 0.7);
    CHECK(profiles.truth[0].retraining[1].accuracy == 0.75);
    CHECK(profiles.truth[0].retraining[1].device_seconds == 33);
}

TEST_CASE("read_recorded_profiles: an empty store, an estimate in the wrong place") {
    const test::Scratch scratch;
    const Store store(scratch.path());
    CHECK_THROWS_WITH_AS((void)read_recorded_profiles(store),
                         doctest::Contains("holds no estimates"), InputError);
    StreamEstimate estimate;
    estimate.stream = "a";
    estimate.window = 4;
    estimate.inference = {{{1, 0}, 1, 0.1}};
    store.write_estimate(estimate);
    std::filesystem::rename(store.estimate_file("a", 4), store.estimate_file("a", 5));
    CHECK_THROWS_WITH_AS((void)read_recorded_profiles(store),
                         doctest::Contains("does not belong here"), InputError);
}
