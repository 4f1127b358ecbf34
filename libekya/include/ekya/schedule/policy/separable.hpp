#pragma once
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

struct Policy;

struct SeparableOptions {
    double unit =
        0.1;  ///< δ, all shares are whole multiples of it; in [0.001, max_job_share], at most gpus
};

/// The best plan among those in which every stream keeps one total share: split between its
/// inference and its retraining while that runs, from the start of the plan; all of it inference's
/// after that, as far as one job can use it. Fewer violations of a_MIN come first, then smaller
/// ones, then mean accuracy.
///
/// Exact, differences of 1e-12 aside: with fixed totals no stream affects another, so the streams'
/// best splits and configurations can be found alone and the totals by dynamic programming over
/// streams and units (a multiple-choice knapsack). A plan that hands a freed share to another
/// stream can be better: this is no bound on those.
///
/// Takes time in proportion to streams * units * the units one stream can use (twice
/// max_job_share), and per stream to its ways to split a total. Streams are visited in the order of
/// names: the order of problem.streams changes nothing.
/// @throws DomainError naming the stream, the field or the option; also if streams * units exceed
/// 2e7 Source: dynamic programming for knapsacks, Kellerer et al., "Knapsack Problems" (2004), ch.
/// 11 (multiple choice). Ours:   Ekya §4.1's problem cut down to plans for which it is exact and
/// fast.
[[nodiscard]] Plan schedule_separable(const ScheduleProblem& problem,
                                      const SeparableOptions& options = {});

/// Its row in policies().
[[nodiscard]] Policy separable_policy();

}  // namespace ekya
