#include <doctest/doctest.h>

#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/core/planning_input.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

PlanningInput good() {
    PlanningInput estimate;
    estimate.stream = "a";
    estimate.accuracy = 0.6;
    estimate.retraining = {{{}, 0.8, 3}};
    estimate.inference = {{{1, 0}, 1, 0.1}};
    return estimate;
}

template <typename Change> std::string complaint(Change&& change) {
    auto estimate = good();
    change(estimate);
    return message_of<DomainError>([&] { validate(estimate); });
}

}  // namespace

TEST_CASE("validate(PlanningInput): a good one passes, also without retraining") {
    CHECK_NOTHROW(validate(good()));
    CHECK(complaint([](auto& e) { e.retraining.clear(); }).empty());
}

TEST_CASE("validate(PlanningInput): stream and field are named") {
    CHECK(complaint([](auto& e) { e.accuracy = 1.5; }) ==
          "stream a: accuracy: 1.5 is not in [0, 1]");
    CHECK(
        contains(complaint([](auto& e) { e.accuracy = std::nan(""); }), "stream a: accuracy: nan"));
    CHECK(contains(complaint([](auto& e) { e.inference.clear(); }), "stream a: inference"));
    CHECK(contains(complaint([](auto& e) { e.retraining[0].config.epochs = 0; }), "epochs: 0"));
    CHECK(contains(complaint([](auto& e) { e.retraining[0].accuracy = -0.1; }),
                   "retraining accuracy: -0.1"));
    CHECK(contains(complaint([](auto& e) { e.retraining[0].device_seconds = -1; }),
                   "device_seconds: -1"));
    CHECK(contains(complaint([](auto& e) { e.inference[0].config.frame_stride = 0; }),
                   "frame_stride: 0"));
    CHECK(contains(complaint([](auto& e) { e.inference[0].relative_accuracy = 2; }),
                   "relative_accuracy: 2"));
    CHECK(contains(complaint([](auto& e) { e.inference[0].share = std::nan(""); }),
                   "inference share: nan"));
    CHECK(contains(complaint([](auto& e) { e.start.exemplars_from = -1; }), "exemplars_from: -1"));
    CHECK(complaint([](auto& e) { e.start.stream = "b"; }) ==
          "stream a: start: names stream b, but no model of it");
}

TEST_CASE("validate(PlanningInput): scene and cached models") {
    const auto known = [](auto& e) {
        e.scene = {{{"car", 0.33}, {"bus", 0.33}, {"van", 0.33}}, 23.99, 0.0, "north"};
        e.cached = {{"w1", 0.7, {}}, {"w2", 0.6, e.scene}};
    };
    CHECK(complaint(known) == "");
    const auto also = [&](auto&& change) {
        return complaint([&](auto& e) {
            known(e);
            change(e);
        });
    };
    CHECK(also([](auto& e) { e.scene.hour = 24; }) ==
          "stream a: scene: hour: 24.000000 is not in [0, 24)");
    CHECK(contains(also([](auto& e) { e.scene.hour = std::nan(""); }), "scene: hour: nan"));
    CHECK(contains(also([](auto& e) { e.scene.class_shares["car"] = 1.2; }),
                   "scene: share of class car: 1.2"));
    CHECK(contains(also([](auto& e) { e.scene.class_shares["car"] = 0.6; }),
                   "scene: sum of the class shares: 1.26"));
    CHECK(contains(also([](auto& e) { e.scene.objects_per_frame = -1; }),
                   "scene: objects_per_frame: -1"));
    CHECK(contains(also([](auto& e) { e.cached[0].accuracy = 2; }), "cached w1: accuracy: 2"));
    CHECK(contains(also([](auto& e) { e.cached[1].scene.hour = -1; }), "cached w2: hour: -1"));
    CHECK(also([](auto& e) { e.cached[1].id = "w1"; }) == "stream a: cached w1: is listed twice");
    CHECK(also([](auto& e) { e.cached[1].id = ""; }) == "stream a: cached: a model has no id");
}

TEST_CASE("find_cached: by id") {
    auto estimate = good();
    estimate.cached = {{"w1", 0.7, {}}, {"w2", 0.6, {}}};
    CHECK(find_cached(estimate, "w2") == &estimate.cached[1]);
    CHECK(find_cached(estimate, "w3") == nullptr);
}
