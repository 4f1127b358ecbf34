#include <doctest/doctest.h>

#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/inference_choice.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

PlanningInput strides() {
    PlanningInput estimate;
    estimate.stream = "a";
    estimate.inference = {{{1, 0}, 1, 0.25}, {{2, 0}, 0.78, 0.125}, {{4, 0}, 0.60, 0.0625}};
    return estimate;
}

}  // namespace

TEST_CASE("choose_inference: the most accurate configuration that the share sustains") {
    CHECK(choose_inference(strides(), 1).config.frame_stride == 1);
    CHECK(choose_inference(strides(), 0.25).config.frame_stride == 1);
    CHECK(choose_inference(strides(), 0.24).config.frame_stride == 2);
    CHECK(choose_inference(strides(), 0.24).relative_accuracy == 0.78);
    CHECK(choose_inference(strides(), 0.24).keeps_up);
}

TEST_CASE("choose_inference: a share short by rounding still sustains") {
    CHECK(choose_inference(strides(), 0.25 - 1e-12).config.frame_stride == 1);
}

TEST_CASE("choose_inference: none sustained -> the cheapest, scaled by given over needed share") {
    const auto choice = choose_inference(strides(), 0.03125);
    CHECK(choice.config.frame_stride == 4);
    CHECK(choice.relative_accuracy == Approx(0.30));
    CHECK_FALSE(choice.keeps_up);
    CHECK(choose_inference(strides(), 0).relative_accuracy == 0);
}

TEST_CASE("choose_inference: never less accurate with a larger share") {
    double last = 0;
    for (int i = 0; i <= 300; ++i) {
        const double now = choose_inference(strides(), i / 1000.0).relative_accuracy;
        CHECK(now >= last);
        last = now;
    }
}

TEST_CASE("choose_inference: of equally accurate ones the cheapest") {
    auto estimate = strides();
    estimate.inference.push_back({{3, 0}, 1, 0.2});
    CHECK(choose_inference(estimate, 0.5).config.frame_stride == 3);
}

TEST_CASE("choose_inference: bad shares and an empty list") {
    CHECK_THROWS_AS((void)choose_inference(strides(), -0.1), DomainError);
    CHECK_THROWS_AS((void)choose_inference(strides(), std::nan("")), DomainError);
    auto estimate = strides();
    estimate.inference.clear();
    CHECK_THROWS_WITH_AS((void)choose_inference(estimate, 1), "stream a: inference: is empty",
                         DomainError);
}

TEST_CASE("holds_min_accuracy: model times relative accuracy, equal is enough") {
    CHECK(holds_min_accuracy(0.8, 0.5, 0.4));
    CHECK_FALSE(holds_min_accuracy(0.8, 0.5, 0.41));
}
