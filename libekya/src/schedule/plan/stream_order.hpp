#pragma once
#include <cstddef>
#include <vector>

#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

/// Indices of problem.streams in the order of their names: what is done in this order does not
/// depend on theirs. Private to the module.
[[nodiscard]] std::vector<std::size_t> streams_by_name(const ScheduleProblem& problem);

}  // namespace ekya
