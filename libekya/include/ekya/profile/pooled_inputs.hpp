#pragma once
#include <span>
#include <vector>

#include "ekya/core/planning_input.hpp"
#include "ekya/core/profile_record.hpp"

namespace ekya {

/// Windows before the last one that count; what is longer ago has no weight left.
inline constexpr int pooled_windows = 50;

/// What planners of the last of these windows read: its planning inputs, refined with what the
/// inputs of all streams in this window and the pooled_windows before it say together
/// (EstimatePool). The one place where estimates of several streams are drawn together, live and
/// simulated.
/// @param windows planning inputs of each window, in their order; not empty
[[nodiscard]] std::vector<PlanningInput> pooled_inputs(
    std::span<const std::vector<PlanningInput>> windows);

/// The same from what the profiler remembers, of any windows and streams in any order.
/// @return planning inputs of the streams that have a record of this window
[[nodiscard]] std::vector<PlanningInput> pooled_inputs(std::span<const ProfileRecord> records,
                                                       int window);

}  // namespace ekya
