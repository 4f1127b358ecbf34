#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/window_course.hpp"

using namespace ekya;
using doctest::Approx;

TEST_CASE("mean_window_accuracy: half at 0.5, half at 0.9 -> 0.7") {
    CHECK(mean_window_accuracy({200, 100, 0.5, 0.9}) == Approx(0.7));
}

TEST_CASE(
    "mean_window_accuracy: no retraining -> the accuracy after; all of the window -> the one "
    "during") {
    CHECK(mean_window_accuracy({200, 0, 0.5, 0.9}) == 0.9);
    CHECK(mean_window_accuracy({200, 200, 0.5, 0.9}) == 0.5);
}

TEST_CASE("mean_window_accuracy: stream B of the paper's worked example under the uniform split") {
    CHECK(mean_window_accuracy({120, 80 / 0.75, 0.375, 0.90}) == Approx(0.43333).epsilon(1e-4));
    CHECK(mean_window_accuracy({120, 80 / 0.75, 0.675, 0.98}) == Approx(0.70889).epsilon(1e-4));
}

TEST_CASE("mean_window_accuracy: equal accuracies come back unchanged") {
    CHECK(mean_window_accuracy({3, 1, 0.1, 0.1}) == 0.1);
}

TEST_CASE("mean_window_accuracy: a field outside its range is named") {
    CHECK_THROWS_WITH_AS((void)mean_window_accuracy({200, 201, 0.5, 0.9}),
                         "retraining: 201 is not in [0, 200]", DomainError);
    CHECK_THROWS_AS((void)mean_window_accuracy({0, 0, 0.5, 0.9}), DomainError);
    CHECK_THROWS_AS((void)mean_window_accuracy({200, 1, std::nan(""), 0.9}), DomainError);
    CHECK_THROWS_AS((void)mean_window_accuracy({200, 1, 0.5, 1.1}), DomainError);
}
