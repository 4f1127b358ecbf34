#pragma once
#include <span>
#include <vector>

#include "ekya/core/config.hpp"
#include "ekya/core/estimate.hpp"
#include "ekya/profile/trial.hpp"

namespace ekya {

/// What retraining usually brings: the part of the error that 15 epochs on all data remove.
struct Experience {
    double head = 0.1, last_stage = 0.25, all = 0.4;   ///< in [0, 1]
    double deviation = 0.1;                            ///< how far accuracies stray from that; > 0
    double data_exponent = 0.3;   ///< a gain on part f of the data is f to this power of the gain on all; in [0, 1]

    [[nodiscard]] double gain(TrainedLayers layers) const;
};

/// The stream's state when it is profiled.
struct MicroProfileInput {
    double current_accuracy = 0;   ///< of the deployed model on the held-out labels; in [0, 1]
    int labels = 0;                ///< all that a retraining could use, fresh ones and exemplars; >= 1
    double budget_seconds = 0;     ///< device-seconds to spend on trials; 0 = unlimited
    int held_out = 0;              ///< labels that accuracies are measured on; 0 = exact, no experience is called in
    Experience experience = {};
};

struct MicroProfileOptions {
    double sample_fraction = 0.1;   ///< of the labels, per trial; in (0, 1]
    int min_samples = 64;           ///< the sample is larger than the fraction if it would have fewer; >= 1
    int epochs = 5;                 ///< per trial at most; >= 1
    int patience = 2;               ///< epochs without improvement that end a trial; >= 1
};

/// What the trials have shown.
struct MicroProfile {
    std::vector<RetrainingEstimate> estimates;   ///< in the order of the configurations
    double device_seconds = 0;                   ///< spent on all trials
    std::vector<RetrainingConfig> dropped;       ///< not estimated: the budget was spent before
};

/// Estimates accuracy and cost of retraining configurations from short trainings on a small sample.
///
/// Configurations that differ in epochs and data fraction only share one trial. Its accuracies, with the deployed
/// model's as the point at 0 epochs, are fitted by a learning curve, which is read at the number of passes over the
/// sample that makes as many gradient steps as the configuration: epochs * data_fraction / sample_fraction.
/// Few held-out labels measure with an error of many points; a curve through such points is held up by one more, what
/// experience expects of 15 epochs on all data, which weighs the more the fewer labels there are. A trial's learning
/// rate falls over its epochs as a retraining's does, so its last epoch weighs most. Many passes over few data teach less
/// than few over many: a gain is drawn down by data_fraction ^ data_exponent.
/// Cost = set-up + that number * the measured cost of one pass.
///
/// Trials run from the cheapest to the costliest: fewest trained layers first, then in the given order. None starts
/// once the budget is spent, and the trial that spends it ends after its epoch.
/// @throws DomainError if a field, an option, a configuration or a trial's answer is out of range
/// Source: Ekya §4.3.
/// Ours:   gradient steps stand for epochs and data alike. Steps on new data teach no less than steps on repeated
///         data, so large data fractions are estimated with caution, and many epochs of a small one too highly.
[[nodiscard]] MicroProfile micro_profile(std::span<const RetrainingConfig> configs, const MicroProfileInput& input,
                                         const MicroProfileOptions& options, TrialTrainer& trainer);

}  // namespace ekya
