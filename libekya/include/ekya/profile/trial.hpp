#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// A short training on a sample of the labels: what the micro-profiler asks for. Plain data, so
/// that it can run in another process.
struct TrialRequest {
    TrainedLayers layers = TrainedLayers::all;
    int head_width = 0;
    int batch_size = 32;
    double learning_rate = 0.02;
    double sample_fraction = 0.1;  ///< of the training labels, drawn uniformly; in (0, 1]
    int epochs = 5;                ///< at most; >= 1
    int patience = 2;              ///< stop once has_stalled(accuracy_per_epoch, patience)
    double budget_seconds =
        0;  ///< stop after the epoch that exceeds so many device-seconds; 0 = unlimited

    /// Short and unique among requests of one profile: "all-b32-h0-lr0.02".
    [[nodiscard]] std::string name() const;
};

/// What came of it.
struct Trial {
    std::vector<double> accuracy_per_epoch =
        {};                               ///< on the held-out labels; index 0 = after epoch 1
    double device_seconds_per_epoch = 0;  ///< of the sample; > 0
    double device_seconds = 0;            ///< all of the trial, set-up and measuring included
    double setup_seconds =
        0;  ///< device-seconds before the first epoch, whatever the number of samples
    double samples_seconds = 0;  ///< device-seconds before the first epoch, proportional to the
                                 ///< samples times activation_variants()
    int samples = 0;             ///< labels in the sample
    /// Before epoch 1, where that is not the deployed model's, e.g. with a new head.
    std::optional<double> start_accuracy = {};
};

/// Runs trials; the network code behind it is another module's.
class TrialTrainer {
public:
    virtual ~TrialTrainer() = default;
    /// Trains the given layers on a sample and measures accuracy on the held-out labels after each
    /// epoch. Keeps to the request's epochs, patience and budget. No epochs in the answer: the
    /// budget did not allow for any.
    virtual Trial run(const TrialRequest& request) = 0;
};

/// Whether the last `patience` accuracies are all no better than the best before them.
[[nodiscard]] bool has_stalled(std::span<const double> accuracy_per_epoch, int patience);

}  // namespace ekya
