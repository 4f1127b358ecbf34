#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "ekya/core/profile_record.hpp"

namespace ekya {

/// Part of each class among labels; parts add up to 1.
using ClassShares = std::map<std::string, double>;

/// @return nothing without labels
[[nodiscard]] ClassShares class_shares(std::span<const std::string> labels);

/// Total variation distance: the part of one distribution that would have to change class to give
/// the other; in [0, 1]. Classes that one of them lacks count as 0. @throws DomainError for a share
/// outside [0, 1]
[[nodiscard]] double total_variation(const ClassShares& a, const ClassShares& b);

/// Total variation that two samples of so many labels of one and the same distribution show on
/// average, by chance alone. Source: sum of the mean absolute deviations of the shares, normal
/// approximation.
[[nodiscard]] double chance_variation(const ClassShares& shares, int count_a, int count_b);

/// Mean and variance of each feature over some crops.
struct FeatureSummary {
    std::vector<double> mean, variance;  ///< as many as there are features
    int count = 0;                       ///< crops
};

/// @param rows [crops, columns], row after row   @throws DomainError if rows are not a whole number
/// of columns
[[nodiscard]] FeatureSummary summarise(std::span<const float> rows, std::size_t columns);

/// Fréchet distance of two Gaussians with diagonal covariance, squared, per feature and in units of
/// the mean variance of the first, so that networks of different width and scale compare: 0 = the
/// same, 1 = the means lie one deviation apart.
/// @throws DomainError if the numbers of features differ; infinity never comes out: the unit is at
/// least 1e-12 Source: Fréchet distance as in Heusel et al., "GANs Trained by a Two Time-Scale
/// Update Rule" (2017), with diagonal covariances.
[[nodiscard]] double frechet_distance(const FeatureSummary& a, const FeatureSummary& b);

/// What drift is judged by. Accuracies come with the number of labels they were measured on, 0 =
/// not measured.
struct DriftObservation {
    double accuracy_then = 0;  ///< of the serving model when it was promoted; in [0, 1]
    int labels_then = 0;
    double accuracy_now = 0;  ///< of the same model on the newest labels; in [0, 1]
    int labels_now = 0;
};

struct DriftRule {
    double least_fall = 0.05;  ///< a smaller fall of accuracy is no drift; in [0, 1]
    double probability =
        0.8;  ///< that the model is really less accurate now, at least; in [0.5, 1)
};

/// Fills accuracy_fall, fall_probability and drifted of a drift from the accuracies; distances are
/// the caller's. A fall of 5 points between 15 and 75 labels is mostly noise, so it must be
/// probable too: the two shares are compared as independent ones with a normal approximation, each
/// with one right and one wrong label added (Agresti and Caffo).
/// @throws DomainError for an accuracy or rule out of range
/// Source: DaCapo (ISCA 2024): a fall of 5 points on fresh labels starts a retraining and resets
/// stale samples.
[[nodiscard]] Drift judge_drift(const DriftObservation& observation, const DriftRule& rule = {});

/// What a retraining is expected to remove of the error (in [0, 1]) once a drift is seen: at least
/// an eighth of the way to the part that the drift brought, since that is what the model could do
/// without before. Unchanged without drift. Ours: much of what is seen as drift is a harder scene
/// that passes: on 23 drifted windows of street video retrainings removed 0.29 of the error, on 57
/// others 0.24; on 10 rendered ones 0.30, on 20 others 0.14.
/// @param usual expected without drift, in [0, 1]   @param accuracy of the model now, in [0, 1]
[[nodiscard]] double gain_after_drift(double usual, double accuracy, const Drift& drift);

}  // namespace ekya
