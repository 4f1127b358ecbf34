#pragma once
#include <span>

#include "ekya/core/retraining_state.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

/// What is left to decide when part of a window is over: less time; a running retraining goes on
/// with its configuration or not at all; one that is done has changed the model's accuracy; one
/// that is over is followed by no other. Streams without a state are waiting. Inference of streams
/// with a cost needs that many times the share of the estimates.
/// @param elapsed since the problem's plan began; in [0, horizon)
/// @throws DomainError naming the stream or the configuration that the problem does not have
/// Source: Ekya §4.2: the scheduler "runs at the start of each window and whenever a retraining
/// ends".
[[nodiscard]] ScheduleProblem rest_of_window(const ScheduleProblem& problem, Seconds elapsed,
                                             std::span<const RetrainingState> states,
                                             std::span<const InferenceCost> costs = {});

}  // namespace ekya
