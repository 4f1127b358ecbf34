#pragma once
#include "ekya/core/config.hpp"

namespace ekya {

/// How the accuracy of one stream runs through what is left of a retraining window.
struct WindowCourse {
    Seconds window;          ///< time left in the window; > 0
    Seconds retraining;      ///< time the retraining takes; in [0, window], 0 = no retraining
    double accuracy_during;  ///< inference accuracy until the retraining ends; in [0, 1]
    double accuracy_after;   ///< inference accuracy from then on; in [0, 1]
};

/// Mean inference accuracy of one stream over the window: each part weighs by how long it lasts.
/// @return accuracy in [0, 1], between the two given
/// @throws DomainError if a field is NaN or outside its range; the message names the field
/// Source: Bhardwaj et al., "Ekya", NSDI 2022, §4.2 and Algorithm 2 (EstimateAccuracy).
/// Ours:   the paper aggregates instantaneous accuracies; we hold accuracy constant within each
/// part.
[[nodiscard]] double mean_window_accuracy(const WindowCourse& course);

}  // namespace ekya
