#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/learn/profiling.hpp"
#include "stream_context.hpp"
#include "striped_store.hpp"

using namespace ekya;
using namespace ekya::test;
using doctest::Approx;

namespace {

ProfilingRequest profiling(int window) {
    ProfilingRequest request;
    request.stream = "a";
    request.classes = striped_classes;
    request.window = window;
    request.model = "base";
    return request;  // no configurations: only what the stream shows
}

}  // namespace

TEST_CASE(
    "profile_stream: a window like those learned from is no drift; the scene is what it shows") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);
    store_window(store, "a", 2, in_turn(60));
    auto request = profiling(3);
    request.start_hour = 23.999;  // window 2 begins 20 s later: past midnight
    const auto estimate = profile_stream(store, request).record;
    validate(estimate);
    REQUIRE(estimate.drift.has_value());
    CHECK_FALSE(estimate.drift->drifted);
    CHECK(*estimate.drift->class_distance == Approx(0));
    CHECK(*estimate.drift->chance_distance > 0.01);
    CHECK(*estimate.drift->feature_distance < 0.3);
    CHECK(estimate.start.exemplars_from == 0);
    CHECK(estimate.start.model.empty());
    CHECK(estimate.scene.class_shares.at("rows") == Approx(1.0 / 3));
    CHECK(*estimate.scene.objects_per_frame == Approx(1));
    CHECK(*estimate.scene.hour < 0.01);
    request.look_for_drift = false;
    request.start_hour.reset();
    const auto without = profile_stream(store, request).record;
    CHECK_FALSE(without.drift.has_value());
    CHECK_FALSE(without.scene.hour.has_value());
}

TEST_CASE(
    "profile_stream: labels that the model gets wrong are drift; stale windows are forgotten, in "
    "the next window too") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);
    store_window(store, "a", 2, in_turn(60), all_wrong(in_turn(60)));
    auto request = profiling(3);
    request.exemplars = 100;  // half of it is in window 1 alone
    auto estimate = profile_stream(store, request).record;
    REQUIRE(estimate.drift.has_value());
    CHECK(estimate.drift->drifted);
    CHECK(*estimate.drift->accuracy_fall > 0.5);
    CHECK(estimate.start.exemplars_from == 1);
    store.write_profile(estimate);

    store_window(store, "a", 3, in_turn(60));  // as before the drift
    request.window = 4;
    CHECK(profile_stream(store, request).record.start.exemplars_from == 1);
    request.memory.from_window = 2;
    CHECK(profile_stream(store, request).record.start.exemplars_from == 2);
}

TEST_CASE("profile_stream: another class mix shows as class and feature distance") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);
    store_window(store, "a", 2, std::vector<int>(60, 1));
    const auto estimate = profile_stream(store, profiling(3)).record;
    CHECK(*estimate.drift->class_distance == Approx(2.0 / 3));
    CHECK(*estimate.drift->feature_distance > 0.05);
}

TEST_CASE(
    "after_drift: what a drift brought is a part of the error of now, whatever the coming window "
    "is expected to bring") {
    ProfileRecord estimate;
    estimate.accuracy = 0.79;
    estimate.expected_change = 0.19;
    estimate.drift = Drift{true, 0.2, 0.99, {}, {}, {}};
    const Experience usual;
    CHECK(after_drift(usual, estimate).all == gain_after_drift(usual.all, 0.6, *estimate.drift));
    CHECK(after_drift(usual, estimate).all > usual.all);
    estimate.drift->drifted = false;
    CHECK(after_drift(usual, estimate).head == usual.head);
}

TEST_CASE(
    "profile_stream: trials start where a retraining will; earlier models are recorded as cached") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store);
    store_window(store, "a", 2, in_turn(60));
    auto ignorant = request_for("a", 2, 1);  // a later model that is worse, and serves all the same
    ignorant.config.learning_rate = 1e-6;
    const auto bad = retrain(store, ignorant);
    store.set_serving("a", bad.id);
    auto request = profiling(3);
    request.model = bad.id;
    RetrainingConfig config;
    config.epochs = 2;
    config.layers = TrainedLayers::head;
    request.configs = {config};
    request.options.min_samples = 40;
    const auto warm = profile_stream(store, request).record;
    CHECK(warm.start.model == "base");
    CHECK(warm.start.stream.empty());
    REQUIRE(warm.cached.size() == 1);
    CHECK(warm.cached[0].id == "base");
    CHECK(warm.cached[0].accuracy > warm.accuracy + 0.2);
    CHECK(warm.cached[0].accuracy < 1);  // however far ahead it is now
    CHECK(warm.cached[0].scene.class_shares.size() == 3);
    request.warm_start = WarmStart::off;
    const auto cold = profile_stream(store, request).record;
    CHECK(cold.start.model.empty());
    CHECK(cold.cached.size() == 1);
    REQUIRE(warm.retraining.size() == 1);
    REQUIRE(cold.retraining.size() == 1);
    CHECK(warm.retraining[0].accuracy > cold.retraining[0].accuracy);
}
