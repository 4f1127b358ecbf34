#pragma once
#include "ekya/core/config.hpp"
#include "ekya/core/planning_input.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

/// The inference configuration for a share, and what it gives.
struct InferenceChoice {
    InferenceConfig config;
    double relative_accuracy = 0;  ///< with the share it was chosen for; in [0, 1]
    bool keeps_up = false;  ///< false: the share sustains no configuration, frames are skipped
};

/// The most accurate inference configuration that `share` sustains in real time; of equal ones the
/// cheapest. If it sustains none, the cheapest configuration falls behind and skips frames: its
/// relative accuracy is scaled by the given over the needed share.
/// @param share of one device; >= 0. What a configuration needs may exceed it by 1e-9, for
/// rounding.
/// @throws DomainError if share is NaN or negative, or if the estimate has no inference
/// configuration Source: Ekya §4.2, PickConfigs: "the most accurate of those that keep up". Ours:
/// the paper leaves open what happens when none keeps up.
[[nodiscard]] InferenceChoice choose_inference(const PlanningInput& estimate, double share);

/// The same on problem.curve where there is one.
[[nodiscard]] InferenceChoice choose_inference(const ScheduleProblem& problem,
                                               const PlanningInput& estimate, double share);

/// Whether inference with this model and relative accuracy is at or above a_MIN (1e-9 below passes,
/// for rounding).
[[nodiscard]] bool holds_min_accuracy(double model_accuracy, double relative_accuracy,
                                      double min_accuracy);

}  // namespace ekya
