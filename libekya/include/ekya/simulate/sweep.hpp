#pragma once
#include <functional>
#include <string>
#include <vector>

#include "ekya/simulate/simulation.hpp"

namespace ekya {

/// All combinations of these are simulated. Every list has at least one entry.
struct Sweep {
    SimulationOptions common = {};  ///< what does not vary
    std::vector<SimulatedPolicy> policies;
    std::vector<std::size_t> streams;  ///< the first so many cameras; 0 = all
    std::vector<double> gpus, noise, delay, window_seconds, quantum;
    int jobs = 1;  ///< simulations at a time; >= 1
};

/// Simulates all combinations, several at a time; policies vary slowest, then streams, GPUs, noise,
/// delay, window, quantum. The results do not depend on `jobs`, measured times aside.
/// @param progress called now and then with what is done, in [0, 1]; may throw to stop
/// @throws DomainError naming the combination, and what is wrong with it
[[nodiscard]] std::vector<Simulation> run_sweep(const ProfileSet& set, bool oracle,
                                                const Sweep& sweep,
                                                const std::function<void(double)>& progress = {});

/// How many streams hold a target.
struct Capacity {
    SimulationOptions options;
    bool oracle = false;
    double target = 0;
    std::size_t streams =
        0;  ///< the most of those simulated whose mean accuracy is at least the target; 0 = none
    double mean_accuracy = 0;  ///< with so many streams; 0 if none
};

/// One entry for each combination without its number of streams, in the order of the simulations.
/// Source: Ekya Table 2 ("capacity").
[[nodiscard]] std::vector<Capacity> capacities(const std::vector<Simulation>& simulations,
                                               double target);

}  // namespace ekya
