#pragma once
#include <map>
#include <string>
#include <vector>

#include "ekya/core/planning_input.hpp"

namespace ekya {

/// What the noisy estimates of many streams and windows say together about each one.
///
/// Streams differ in how much they have to gain from retraining, but the configurations rank much
/// alike for all of them: gain(stream, configuration) = gain(stream) x strength(configuration) +
/// what is the stream's own. Both factors and the noise of the estimates are learned from all the
/// estimates seen; each estimate is then drawn towards the common picture, the more the noisier
/// estimates are. Exact estimates stay as they are.
///
/// A planner that takes the largest of many noisy estimates at its word picks those that err
/// upwards. Ours: a rank-one factor model with Gaussian priors, fitted by variational Bayes (mean
/// field).
class EstimatePool {
public:
    /// The same estimates with refined accuracies, in [0, 1]; start accuracies and costs stay.
    /// Remembers what this window has taught; what is long ago counts less. The order of the
    /// streams changes nothing but rounding. A window of more than 128 configurations stays as it
    /// is: with so many, streams hardly share any.
    [[nodiscard]] std::vector<PlanningInput> refine(const std::vector<PlanningInput>& window);

    /// Standard deviation of the estimates' error, as far as it is known by now.
    [[nodiscard]] double noise() const;

private:
    /// What is known of one retraining configuration.
    struct Known {
        double log_cost = 0;  ///< mean, which tells similar configurations; of `windows` windows
        int windows = 0;
        double weight = 0;             ///< evidence so far: precision ...
        double weighted_strength = 0;  ///< ... and precision x strength
    };
    struct Fit;

    std::map<std::string, Known> known_;
    double noise_sum_ = 0, noise_weight_ = 0;  ///< noise variance = sum / weight
};

}  // namespace ekya
