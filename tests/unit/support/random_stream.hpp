#pragma once
// Random streams, for tests and benchmarks of schedulers.
#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "ekya/core/config.hpp"
#include "ekya/core/planning_input.hpp"

namespace ekya::test {

/// Random streams with the paper's 18 retraining and 12 inference configurations.
inline PlanningInput random_stream(const std::string& name, std::mt19937& random) {
    constexpr int strides[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20};
    constexpr double relative[] = {1, .78, .64, .60, .44, .42, .41, .33, .28, .15, .12, .04};
    std::uniform_real_distribution<double> uniform(0, 1);
    PlanningInput estimate;
    estimate.stream = name;
    estimate.accuracy = 0.3 + 0.5 * uniform(random);
    const double gain = 0.4 * uniform(random) - 0.05, cost = 20 + 200 * uniform(random);
    for (const auto& config : default_retraining_configs()) {
        const double work = config.epochs * config.data_fraction / 30;
        const double layers = config.layers == TrainedLayers::head ? 0.3 : 1;
        const double accuracy =
            estimate.accuracy + gain * (1 - std::exp(-6 * work)) * (0.5 + layers / 2);
        estimate.retraining.push_back(
            {config, std::clamp(accuracy, 0.0, 1.0), cost * work * layers});
    }
    for (int i = 0; i < 12; ++i)
        estimate.inference.push_back({{strides[i], 0}, relative[i], 0.25 / strides[i]});
    return estimate;
}

}  // namespace ekya::test
