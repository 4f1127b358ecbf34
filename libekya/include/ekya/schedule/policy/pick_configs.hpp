#pragma once
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/core/planning_input.hpp"
#include "ekya/schedule/plan/problem.hpp"
#include "ekya/schedule/plan/score.hpp"

namespace ekya {

/// What the two jobs of one stream are given, in shares of one device; >= 0. What exceeds
/// max_job_share lies idle.
struct JobShares {
    double inference = 0;
    double retraining = 0;
};

/// The configurations of one stream under given shares, and how it fares with them.
struct PickedConfigs {
    const RetrainingOption* retraining = nullptr;  ///< γ, one of the stream's options; null = ∅
    std::vector<PlanStep> steps;                   ///< with λ and λ'
    StreamScore score;

    /// Whether a_MIN holds all the time.
    [[nodiscard]] bool holds() const { return score.shortfall == 0; }
};

/// Chooses λ, γ (or none) and (λ', I') for one stream under given shares: those with the highest
/// mean inference accuracy over the window among those that hold a_MIN during and after the
/// retraining. If nothing holds it, those that violate it least: the smallest mean shortfall, then
/// the highest accuracy.
///
/// After the retraining the stream's inference has both shares; without one it has both from the
/// start. A retraining that would not end within the horizon is infeasible. Of equal choices the
/// one that uses fewer device-seconds wins, so no retraining starts without a gain.
/// @throws DomainError if a share is NaN or negative
/// Source: Ekya §4.2, Algorithm 2 (PickConfigs).
/// Ours:   a share that retrains nothing serves inference at once, and a_MIN is held after the
/// retraining too.
[[nodiscard]] PickedConfigs pick_configs(const ScheduleProblem& problem, const PlanningInput& input,
                                         const JobShares& shares);

}  // namespace ekya
