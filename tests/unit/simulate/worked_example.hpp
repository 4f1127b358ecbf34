// The paper's worked example, and what simulates it.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "ekya/simulate/simulation.hpp"

namespace ekya::test {

inline PlanningInput stream(const std::string& name, int window, double accuracy,
                            std::vector<RetrainingOption> retraining) {
    PlanningInput estimate;
    estimate.stream = name;
    estimate.window = window;
    estimate.accuracy = accuracy;
    estimate.retraining = std::move(retraining);
    estimate.inference = {{{1, 0}, 1, 1}};  // accuracy in proportion to the share, up to one device
    return estimate;
}

/// The paper's worked example (§3.2, Table 1): its second window starts with the models of the
/// first.
inline ProfileSet worked_example() {
    return profiles_from_inputs({stream("A", 1, 0.65, {{{1}, 0.75, 85}, {{2}, 0.70, 65}}),
                                 stream("B", 1, 0.5, {{{1}, 0.90, 80}, {{2}, 0.85, 50}}),
                                 stream("A", 2, 0, {{{1}, 0.95, 90}, {{2}, 0.90, 40}}),
                                 stream("B", 2, 0, {{{1}, 0.98, 80}, {{2}, 0.90, 70}})},
                                {});
}

inline SimulationOptions options_for(const std::string& policy) {
    SimulationOptions options;
    options.policy = simulated_policy_from(policy);
    options.gpus = 3;
    options.window_seconds = 120;
    options.keep_models = true;
    return options;
}

}  // namespace ekya::test
