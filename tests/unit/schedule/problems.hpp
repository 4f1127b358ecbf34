#pragma once
// Scheduling problems for the tests of this folder.
#include <random>
#include <string>

#include "ekya/schedule/plan/problem.hpp"
#include "support/random_stream.hpp"

namespace ekya::test {

/// The worked example has inference accuracy = model accuracy * min(1, I): one configuration that
/// needs a whole device and falls behind with less is just that.
inline PlanningInput linear_stream(const std::string& name, double accuracy) {
    PlanningInput estimate;
    estimate.stream = name;
    estimate.accuracy = accuracy;
    estimate.inference = {{{1, 0}, 1, 1}};
    return estimate;
}

inline ScheduleProblem problem_of(Seconds horizon, double gpus) {
    ScheduleProblem problem;
    problem.horizon = horizon;
    problem.gpus = gpus;
    return problem;
}

inline RetrainingConfig config_of(int epochs) {
    RetrainingConfig config;
    config.epochs = epochs;
    return config;
}

/// Window 1 of the worked example (paper §3.2, Table 1): 3 GPUs, 2 streams, 120 s.
inline ScheduleProblem worked_example() {
    ScheduleProblem problem;
    problem.window = 1;
    problem.horizon = 120;
    problem.gpus = 3;
    problem.min_accuracy = 0;
    problem.streams = {linear_stream("A", 0.65), linear_stream("B", 0.5)};
    problem.streams[0].retraining = {{config_of(1), 0.75, 85}, {config_of(2), 0.70, 65}};
    problem.streams[1].retraining = {{config_of(1), 0.90, 80}, {config_of(2), 0.85, 50}};
    return problem;
}

/// Window 2 of the worked example, for models as window 1 left them.
inline ScheduleProblem worked_example_window_2(double accuracy_a, double accuracy_b) {
    auto problem = worked_example();
    problem.window = 2;
    problem.streams[0].accuracy = accuracy_a;
    problem.streams[1].accuracy = accuracy_b;
    problem.streams[0].retraining = {{config_of(1), 0.95, 90}, {config_of(2), 0.90, 40}};
    problem.streams[1].retraining = {{config_of(1), 0.98, 80}, {config_of(2), 0.90, 70}};
    return problem;
}

inline ScheduleProblem random_problem(unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform(0, 1);
    ScheduleProblem problem;
    problem.horizon = 50 + 200 * uniform(random);
    problem.gpus = 0.1 + 4 * uniform(random);
    problem.min_accuracy = seed % 2 == 0 ? 0 : 0.5 * uniform(random);
    const int streams = 1 + static_cast<int>(seed % 7);
    for (int v = 0; v < streams; ++v) {
        std::string name = "stream ";
        name += std::to_string(v);
        problem.streams.push_back(random_stream(name, random));
    }
    return problem;
}

}  // namespace ekya::test
