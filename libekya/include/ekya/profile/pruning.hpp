#pragma once
#include <span>
#include <vector>

#include "ekya/core/profile_record.hpp"
#include "ekya/profile/pareto.hpp"

namespace ekya {

/// The configurations that are still worth profiling: all, without those that prune() has dropped
/// in earlier windows. The earlier estimates are the only state, so a repeated window decides the
/// same.
/// @param configs those of interest now; new ones were never dropped
/// @param earlier a stream's estimates, ascending by window; those without trials taught nothing
/// and do not count
/// @return in the order of `configs`
/// @throws DomainError if an estimate or an option is out of range
/// Source: Ekya §4.3. Ours: what was not tried in a window, since a budget was spent, stays.
[[nodiscard]] std::vector<RetrainingConfig> not_pruned(std::span<const RetrainingConfig> configs,
                                                       std::span<const ProfileRecord> earlier,
                                                       const PruneOptions& options = {});

}  // namespace ekya
