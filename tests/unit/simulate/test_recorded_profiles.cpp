#include <doctest/doctest.h>

#include <fstream>

#include "ekya/core/errors.hpp"
#include "ekya/simulate/recorded_profiles.hpp"
#include "support/scratch.hpp"

using namespace ekya;

TEST_CASE("read_recorded_profiles: what was trained replaces what was estimated") {
    const test::Scratch scratch;
    const Store store(scratch.path());
    ProfileRecord profile;
    profile.stream = "a";
    profile.window = 4;
    profile.accuracy = 0.5;
    profile.inference = {{{1, 0}, 1, 0.1}};
    profile.retraining = {{{5}, 0.7, 10}, {{15}, 0.8, 30}};
    store.write_profile(profile);
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

TEST_CASE("read_recorded_profiles: an empty store, a profile in the wrong place") {
    const test::Scratch scratch;
    const Store store(scratch.path());
    CHECK_THROWS_WITH_AS((void)read_recorded_profiles(store),
                         doctest::Contains("holds no profiles"), InputError);
    ProfileRecord profile;
    profile.stream = "a";
    profile.window = 4;
    profile.inference = {{{1, 0}, 1, 0.1}};
    store.write_profile(profile);
    std::filesystem::rename(store.profile_file("a", 4), store.profile_file("a", 5));
    CHECK_THROWS_WITH_AS((void)read_recorded_profiles(store),
                         doctest::Contains("does not belong here"), InputError);
}

TEST_CASE("read_recorded_profiles: a window that was measured has that as its truth") {
    const test::Scratch scratch;
    const Store store(scratch.path());
    ProfileRecord profile;
    profile.stream = "a";
    profile.window = 4;
    profile.accuracy = 0.5;
    profile.model = "base";
    profile.inference = {{{1, 0}, 1, 0.1}};
    profile.retraining = {{{5}, 0.7, 10}};
    store.write_profile(profile);
    Truth truth;
    truth.stream = "a";
    truth.window = 4;
    truth.model = "base";
    truth.accuracy = 0.4;
    truth.inference = profile.inference;
    truth.retraining = {{{5}, 0.6, 11}, {{15}, 0.8, 30}};
    store.write_truth(truth);
    const auto recorded = read_recorded_profiles(store);
    REQUIRE(recorded.truth.size() == 1);
    CHECK(recorded.truth[0].accuracy == 0.4);
    CHECK(recorded.truth[0].retraining.size() == 2);
    truth.model = "w00002-e5";
    store.write_truth(truth);
    CHECK_THROWS_WITH_AS((void)read_recorded_profiles(store),
                         doctest::Contains("retrainings were measured from w00002-e5"), InputError);
}

TEST_CASE("require_same_starts: measured from another model than estimated from is refused") {
    ProfileRecord profile;
    profile.stream = "a";
    profile.window = 3;
    profile.model = "base";
    profile.start = {"w00001-e5", "b", 2};
    Truth truth;
    truth.stream = "a";
    truth.window = 3;
    truth.model = "base";
    const auto check = [&] {
        require_same_starts(std::vector<ProfileRecord>{profile}, std::vector<Truth>{truth});
    };
    CHECK_THROWS_WITH_AS(
        check(),
        doctest::Contains("truth: stream a, window 3: retrainings were measured from base with "
                          "exemplars from window 0, but are estimated from "
                          "w00001-e5 of stream b with exemplars from window 2"),
        InputError);
    truth.start.model = profile.start.model;
    CHECK_THROWS_AS(check(), InputError);
    truth.start.stream = profile.start.stream;
    CHECK_THROWS_AS(check(), InputError);
    truth.start.exemplars_from = profile.start.exemplars_from;
    CHECK_NOTHROW(check());
    profile.start = truth.start = {};
    truth.model = "w00002-e5";  // another deployed model
    CHECK_THROWS_AS(check(), InputError);
    truth.window = 4;  // of another window
    CHECK_NOTHROW(check());
    truth.window = 3;
    profile.model = "";  // not known
    CHECK_NOTHROW(check());
}
