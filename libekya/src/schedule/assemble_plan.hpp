#pragma once
#include <string>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/pick_configs.hpp"
#include "ekya/schedule/problem.hpp"

namespace ekya {

/// Puts the streams' choices (in the order of problem.streams) together and says in words what they do not hold.
/// Private to the module.
[[nodiscard]] Plan assemble_plan(const ScheduleProblem& problem, const std::string& policy,
                                 std::vector<PickedConfigs> picked);

}  // namespace ekya
