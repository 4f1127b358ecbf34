#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/core/truth.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

Truth good() {
    Truth truth;
    truth.stream = "a";
    truth.window = 4;
    truth.accuracy = 0.6;
    truth.retraining = {{{}, 0.8, 3}};
    truth.inference = {{{1, 0}, 1, 0.1}};
    truth.cached = {{"w1", 0.7, {}}};
    truth.start = {"w1", "", 2};
    return truth;
}

template <typename Change> std::string complaint(Change&& change) {
    auto truth = good();
    change(truth);
    return message_of<DomainError>([&] { validate(truth); });
}

}  // namespace

TEST_CASE("planning_input(Truth): as a planner would have to know it") {
    const auto input = planning_input(good());
    CHECK_NOTHROW(validate(input));
    CHECK(input.stream == "a");
    CHECK(input.window == 4);
    CHECK(input.accuracy == 0.6);
    REQUIRE(input.retraining.size() == 1);
    CHECK(input.retraining[0].accuracy == 0.8);
    CHECK(input.retraining[0].device_seconds == 3);
    CHECK(input.cached[0].accuracy == 0.7);
    CHECK(input.start == RetrainingStart{"w1", "", 2});
}

TEST_CASE("validate(Truth): accuracies of repeated trainings, and their mean") {
    CHECK(complaint([](auto& t) { t.retraining[0].accuracies = {0.75, 0.85}; }) == "");
    CHECK(contains(complaint([](auto& t) {
                       t.retraining[0].accuracies = {0.75, 0.80};
                   }),
                   "stream a: retraining accuracies: their mean is 0.775"));
    CHECK(contains(complaint([](auto& t) {
                       t.retraining[0].accuracies = {0.4, 1.2};
                   }),
                   "stream a: retraining accuracies: 1.2"));
}

TEST_CASE("validate(Truth): stream and field are named") {
    CHECK(complaint([](auto& t) { t.accuracy = -0.5; }) ==
          "stream a: accuracy: -0.5 is not in [0, 1]");
    CHECK(contains(complaint([](auto& t) { t.accuracy_now = 2; }), "accuracy_now: 2"));
    CHECK(contains(complaint([](auto& t) { t.retraining[0].accuracy_error = -1; }),
                   "accuracy_error: -1"));
    CHECK(contains(complaint([](auto& t) { t.retraining[0].device_seconds = 0; }),
                   "device_seconds: 0"));
}
