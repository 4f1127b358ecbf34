#pragma once
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "ekya/core/config.hpp"
#include "ekya/core/profile_record.hpp"
#include "ekya/profile/trial.hpp"

namespace ekya {

/// What retraining usually brings in the window that it runs in: the part of the error that 15
/// epochs on all data remove.
struct Experience {
    double head = 0.135, last_stage = 0.185, all = 0.235;  ///< in [0, 1]
    double deviation = 0.2;  ///< how far single retrainings stray from that; > 0
    double data_exponent =
        0.25;  ///< a gain on part f of the data is f to this power of the gain on all; in [0, 1]
    double half_passes =
        2;  ///< passes over all data that bring half of what endless training would; > 0

    [[nodiscard]] double gain(TrainedLayers layers) const;
    /// The part of the error that a configuration removes; below 1.
    [[nodiscard]] double gain(const RetrainingConfig& config) const;
    /// Of that part; how far a retraining strays grows with what it does.
    [[nodiscard]] double variance(const RetrainingConfig& config) const;
    /// What a configuration's passes over all data bring, in parts of what 15 bring.
    [[nodiscard]] double progress(const RetrainingConfig& config) const;
};

/// What so many passes over all data bring, in parts of what 15 bring; 0 at 0, rises ever slower.
/// Ours: a hyperbola, the shape of retrainings of a small ResNet18 on street video, whose gain
/// still grows from 15 to 30 epochs.
/// @param half_passes that bring half of what endless training would; > 0
[[nodiscard]] double training_progress(double passes, double half_passes);

/// How many passes over so many samples that takes (fresh labels, those held out among them): the
/// fewer, the more there are, and the more of them are new. Ours: 4 passes over 75 fresh labels and
/// 600 exemplars, 0.7 over 1,227 and 200, as seen on street video and on rendered streets.
[[nodiscard]] double half_passes_over(int fresh, int exemplars);

/// Of a configuration that was estimated before.
struct RememberedCost {
    RetrainingConfig config;
    double device_seconds = 0;  ///< > 0
    bool is_stale =
        false;  ///< for long no trial has shown it: where nothing may be dropped it is tried again
};

/// The stream's state when it is profiled.
struct MicroProfileInput {
    double current_accuracy = 0;  ///< of the deployed model on the held-out labels; in [0, 1]
    int labels = 0;  ///< all that a retraining could use, fresh ones and exemplars; >= 1
    std::optional<double> budget_seconds =
        {};  ///< device-seconds to spend on trials; none = unlimited
    int held_out =
        0;  ///< labels that accuracies are measured on; 0 = exact, no experience is called in
    Experience experience = {};
    /// Expected of the deployed model in the window to be planned, of which gains are a part of the
    /// error; none = current_accuracy.
    std::optional<double> accuracy_ahead = {};
    /// Of the model that retrainings start from, on the newest window's labels, held out or not;
    /// none = current_accuracy.
    std::optional<double> accuracy_now = {};
    /// Device-seconds of an epoch on all labels, as far as they are known; what would not fit the
    /// budget is not begun.
    std::map<TrainedLayers, double> epoch_seconds = {};
    /// What retrainings would cost as earlier windows knew it, on as many labels as there are now;
    /// for those without a trial.
    std::vector<RememberedCost> remembered = {};
};

struct MicroProfileOptions {
    double sample_fraction = 0.1;  ///< of the labels, per trial; in (0, 1]
    int min_samples = 64;  ///< the sample is larger than the fraction if it would have fewer; >= 1
    int epochs = 5;        ///< per trial at most; >= 1
    int patience = 2;      ///< epochs without improvement that end a trial; >= 1
    bool drop = true;  ///< false: what nothing is remembered of, or what is stale, is tried first
                       ///< and whatever the budget
};

/// What the trials have shown.
struct MicroProfile {
    std::vector<ProfiledRetraining> estimates;  ///< in the order of the configurations
    double device_seconds = 0;                  ///< spent on all trials
    std::vector<RetrainingConfig>
        untried;  ///< estimated from experience alone: the budget had nothing left for their trial
    std::vector<RetrainingConfig>
        dropped;  ///< not estimated at all: nothing is remembered of them either
};

/// Estimates accuracy and cost of retraining configurations from short trainings on a small sample.
///
/// Configurations that differ in epochs and data fraction only share one trial. Its accuracies,
/// with the deployed model's as the point at 0 epochs, are fitted by a learning curve, which is
/// read at the number of passes over the sample that makes as many gradient steps as the
/// configuration: epochs * data_fraction / sample_fraction. A trial's learning rate falls over its
/// epochs as a retraining's does, so its last epoch weighs most. Many passes over few data teach
/// less than few over many: a gain is drawn by (data_fraction / sample_fraction) ^ data_exponent.
/// Few held-out labels measure with an error of many points, and the more so the farther a curve is
/// carried on: what it says and what experience expects of the configuration are averaged, weighed
/// by the inverses of their variances. What is estimated is the part of the error that a retraining
/// removes; it is taken from the error that the deployed model will make in the window to be
/// planned. Cost = set-up + number of passes * the measured cost of one pass.
///
/// The most promising trials, by experience, run first. None starts once the budget is spent or if
/// it is expected not to fit what is left, and the trial that spends it ends after its epoch.
/// Configurations without a trial are expected to gain what experience says and to cost what is
/// remembered; where that is not known they are dropped.
/// @throws DomainError if a field, an option, a configuration or a trial's answer is out of range
/// Source: Ekya §4.3.
/// Ours:   experience; gradient steps stand for epochs and data alike.
[[nodiscard]] MicroProfile micro_profile(std::span<const RetrainingConfig> configs,
                                         const MicroProfileInput& input,
                                         const MicroProfileOptions& options, TrialTrainer& trainer);

/// Device-seconds of an epoch on all data that estimates of an earlier window imply, by the layers
/// trained.
[[nodiscard]] std::map<TrainedLayers, double> epoch_seconds(
    std::span<const ProfiledRetraining> estimates);

}  // namespace ekya
