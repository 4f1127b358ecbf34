#include <doctest/doctest.h>

#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/core/profile_record.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

ProfileRecord good() {
    ProfileRecord profile;
    profile.stream = "a";
    profile.window = 4;
    profile.accuracy = 0.6;
    profile.retraining = {{{}, 0.8, 3, 0.02, 0.83}};
    profile.inference = {{{1, 0}, 1, 0.1}};
    profile.scene.hour = 7;
    profile.cached = {{"w1", 0.7, {}}};
    profile.start = {"w1", "b", 2};
    profile.expected_change = -0.1;
    return profile;
}

template <typename Change> std::string complaint(Change&& change) {
    auto profile = good();
    change(profile);
    return message_of<DomainError>([&] { validate(profile); });
}

}  // namespace

TEST_CASE("planning_input(ProfileRecord): what planners read, and nothing else") {
    const auto input = planning_input(good());
    CHECK_NOTHROW(validate(input));
    CHECK(input.stream == "a");
    CHECK(input.window == 4);
    CHECK(input.accuracy == 0.6);
    REQUIRE(input.retraining.size() == 1);
    CHECK(input.retraining[0].accuracy == 0.8);
    CHECK(input.retraining[0].device_seconds == 3);
    CHECK(input.retraining[0].id() == RetrainingConfig{}.name());
    CHECK(input.inference[0].share == 0.1);
    CHECK(input.scene.hour == 7);
    CHECK(input.cached[0].id == "w1");
    CHECK(input.start == RetrainingStart{"w1", "b", 2});
}

TEST_CASE("find_retraining(ProfileRecord): by configuration") {
    const auto profile = good();
    CHECK(find_retraining(profile, {}) == &profile.retraining[0]);
    CHECK(find_retraining(profile, {7}) == nullptr);
}

TEST_CASE("ProfileRecord: accuracy on the labels of now") {
    CHECK(good().accuracy_on_labels() == doctest::Approx(0.7));
}

TEST_CASE("validate(ProfileRecord): stream and field are named") {
    CHECK(complaint([](auto&) {}) == "");
    CHECK(complaint([](auto& p) { p.accuracy = 1.5; }) ==
          "stream a: accuracy: 1.5 is not in [0, 1]");
    CHECK(contains(complaint([](auto& p) { p.retraining.push_back(p.retraining[0]); }),
                   "is listed twice"));
    CHECK(contains(complaint([](auto& p) { p.profiling_seconds = -1; }), "profiling_seconds: -1"));
    CHECK(contains(complaint([](auto& p) { p.labels = -1; }), "labels: -1"));
    CHECK(contains(complaint([](auto& p) { p.parent_accuracy = 2; }), "parent_accuracy: 2"));
    CHECK(contains(complaint([](auto& p) { p.expected_change = std::nan(""); }),
                   "expected_change: nan"));
    CHECK(contains(complaint([](auto& p) { p.correction = -2; }), "correction: -2"));
    CHECK(contains(complaint([](auto& p) { p.retraining[0].accuracy_error = -1; }),
                   "accuracy_error: -1"));
    CHECK(
        contains(complaint([](auto& p) { p.retraining[0].accuracy_now = 3; }), "accuracy_now: 3"));
    CHECK(contains(complaint([](auto& p) {
                       p.drift = Drift{true, 0.1, 1.5};
                   }),
                   "drift: fall_probability: 1.5"));
}
