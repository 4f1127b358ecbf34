#pragma once
#include <cstddef>
#include <vector>

namespace ekya {

/// One of the levels at which a job can run. Private to the module.
struct KnapsackLevel {
    double share = 0;  ///< >= 0
    double worth = 0;
};

/// One level for each job, so that all shares together are at most `capacity` and the worth is as
/// high as can be; the first level of every job if even these do not fit. Dynamic programming that
/// keeps, of choices whose shares add up to the same 500th part of the capacity, the best one:
/// exact unless two of them differ in what they let follow.
/// @param jobs levels of each job in ascending order of share, the first the least it can have; not
/// empty
/// @return index of the level of each job
[[nodiscard]] std::vector<std::size_t> choose_levels(
    const std::vector<std::vector<KnapsackLevel>>& jobs, double capacity);

}  // namespace ekya
