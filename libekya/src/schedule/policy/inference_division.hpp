#pragma once
#include <cstddef>
#include <vector>

#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

/// All devices to inference, for policies that retrain nothing on them. Private to the module.
class InferenceDivision {
public:
    explicit InferenceDivision(const ScheduleProblem& problem);

    /// Shares for models of these accuracies, both in the order of problem.streams: water-filling
    /// over the inference curves, stretches in the order of what they give, those that hold a_MIN
    /// first; or equal parts where they are worth more, which they can be between the points of a
    /// curve's hull.
    [[nodiscard]] std::vector<double> shares(const std::vector<double>& accuracies);

private:
    [[nodiscard]] std::vector<double> water_filling() const;
    [[nodiscard]] bool better(const std::vector<double>& shares,
                              const std::vector<double>& others) const;

    ScheduleProblem serving_;         ///< without retraining, streams by name
    std::vector<std::size_t> order_;  ///< their indices in the problem given
};

}  // namespace ekya
