#pragma once
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

/// Lays a plan's jobs onto the devices 0 to gpus - 1, so that no job straddles two: the steps get
/// their devices, the plan its `placement`. Where a job fits nowhere even when others move, it gets
/// less than the plan grants: retrainings before inference, and inference keeps what holds a_MIN as
/// long as that can be. No stream gets more than it is granted.
///
/// A retraining with less than its share ends later, and so do the changes of shares that the plan
/// ties to its end: those of its own stream wait for it, those of other streams for all retrainings
/// that end at that instant. One that would no longer end within the horizon is left out: what
/// waited for it happens when planned, and its share serves its stream's inference, up to what
/// inference has after it.
///
/// Where all shares fit, they, the times and the expected accuracies stay as they are to the last
/// bit, and steps are added only for moves. Otherwise the expected accuracies, the times and the
/// violations are those of the placed shares. The running time of a move is not counted.
/// @param problem the one the plan was made for; gpus a whole number >= 1, max_job_share at most 1
/// @param plan of any policy; its steps name no devices yet
/// @throws DomainError naming the field; if the plan is not one of this problem, or oversubscribes
/// the devices Source: Ekya §5 (packing onto physical GPUs, in descending order of demand). Ours:
/// moves, cuts and what follows.
[[nodiscard]] Plan place_plan(const ScheduleProblem& problem, Plan plan);

}  // namespace ekya
