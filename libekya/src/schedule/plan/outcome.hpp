#pragma once
#include <vector>

#include "ekya/core/planning_input.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

/// What a plan is worth for one stream or, added up, for several. Private to the module: the
/// schedulers' hot path.
struct Outcome {
    int violations = 0;  ///< streams that do not hold a_MIN all the time
    double shortfall =
        0;                ///< what lacks to a_MIN, averaged over the window, added over the streams
    double accuracy = 0;  ///< mean over the window, added over the streams

    Outcome& operator+=(const Outcome& other) {
        violations += other.violations;
        shortfall += other.shortfall;
        accuracy += other.accuracy;
        return *this;
    }
    friend Outcome operator+(Outcome a, const Outcome& b) { return a += b; }
};

/// Adds in the order of size, so that the mean does not depend on the order of the streams. 0
/// without values.
[[nodiscard]] double mean_in_order_of_size(std::vector<double> values);

/// Fewer violations, then a smaller shortfall, then higher accuracy; differences up to 1e-12 are
/// rounding.
[[nodiscard]] inline bool better(const Outcome& a, const Outcome& b) {
    constexpr double rounding = 1e-12;
    if (a.violations != b.violations) return a.violations < b.violations;
    if (a.shortfall < b.shortfall - rounding) return true;
    if (a.shortfall > b.shortfall + rounding) return false;
    return a.accuracy > b.accuracy + rounding;
}

/// One stream's, with `accuracy_during` for the first seconds and `accuracy_after` for the rest of
/// the horizon.
/// Source: Ekya §4.2, Algorithm 2 (EstimateAccuracy).
[[nodiscard]] Outcome outcome_of(const ScheduleProblem& problem, Seconds seconds,
                                 double accuracy_during, double accuracy_after);

}  // namespace ekya
