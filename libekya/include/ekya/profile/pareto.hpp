#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "ekya/core/profile_record.hpp"

namespace ekya {

/// What a configuration gives and costs.
struct CostPoint {
    double accuracy = 0;        ///< more is better
    double device_seconds = 0;  ///< less is better
};

/// @return indices of the points that no other beats in one quantity without losing in the other,
/// cheapest first; of
///         equal points the first only
/// @throws DomainError if a field is NaN or infinite
[[nodiscard]] std::vector<std::size_t> pareto_front(std::span<const CostPoint> points);

/// How far each point would have to move to be on the front: the Euclidean distance, both
/// quantities in units of their spread over all points; 0 on the front.
[[nodiscard]] std::vector<double> distances_to_front(std::span<const CostPoint> points);

struct PruneOptions {
    int every_windows = 2;        ///< prune after every so many windows; >= 1
    double drop_fraction = 0.25;  ///< of the present configurations, each time; in [0, 1]
    std::size_t minimum = 4;      ///< configurations that stay in any case
};

/// Drops the configurations farthest from the Pareto front, after windows 2, 4, 6 ... of profiling.
/// The front itself stays, and what fraction would be dropped is rounded down.
/// @param windows_profiled how many windows have been profiled; 0 = none yet, nothing is dropped
/// @return indices of those kept, in ascending order
/// @throws DomainError if an estimate or an option is out of range
/// Source: Ekya §4.3.
[[nodiscard]] std::vector<std::size_t> prune(std::span<const ProfiledRetraining> estimates,
                                             int windows_profiled,
                                             const PruneOptions& options = {});

}  // namespace ekya
