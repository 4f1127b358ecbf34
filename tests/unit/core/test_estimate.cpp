#include <doctest/doctest.h>

#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/core/estimate.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

StreamEstimate good() {
    StreamEstimate estimate;
    estimate.stream = "a";
    estimate.accuracy = 0.6;
    estimate.retraining = {{{}, 0.8, 3}};
    estimate.inference = {{{1, 0}, 1, 0.1}};
    return estimate;
}

template <typename Change>
std::string complaint(Change&& change) {
    auto estimate = good();
    change(estimate);
    return message_of<DomainError>([&] { validate(estimate); });
}

}  // namespace

TEST_CASE("validate(StreamEstimate): a good one passes, also without retraining") {
    CHECK_NOTHROW(validate(good()));
    CHECK(complaint([](auto& e) { e.retraining.clear(); }).empty());
}

TEST_CASE("validate(StreamEstimate): stream and field are named") {
    CHECK(complaint([](auto& e) { e.accuracy = 1.5; }) == "stream a: accuracy: 1.5 is not in [0, 1]");
    CHECK(contains(complaint([](auto& e) { e.accuracy = std::nan(""); }), "stream a: accuracy: nan"));
    CHECK(contains(complaint([](auto& e) { e.inference.clear(); }), "stream a: inference"));
    CHECK(contains(complaint([](auto& e) { e.retraining[0].config.epochs = 0; }), "epochs: 0"));
    CHECK(contains(complaint([](auto& e) { e.retraining[0].accuracy = -0.1; }), "retraining accuracy: -0.1"));
    CHECK(contains(complaint([](auto& e) { e.retraining[0].device_seconds = -1; }), "device_seconds: -1"));
    CHECK(contains(complaint([](auto& e) { e.inference[0].config.frame_stride = 0; }), "frame_stride: 0"));
    CHECK(contains(complaint([](auto& e) { e.inference[0].relative_accuracy = 2; }), "relative_accuracy: 2"));
    CHECK(contains(complaint([](auto& e) { e.inference[0].share = std::nan(""); }), "inference share: nan"));
    CHECK(contains(complaint([](auto& e) { e.profiling_seconds = -1; }), "profiling_seconds: -1"));
}
