#pragma once
#include <string>

#include "ekya/core/clock.hpp"
#include "ekya/core/plan.hpp"
#include "ekya/schedule/best.hpp"
#include "ekya/schedule/problem.hpp"
#include "ekya/schedule/thief.hpp"
#include "ekya/schedule/uniform.hpp"

namespace ekya {

/// How a window is planned.
enum class Policy { best, thief, uniform, none };

[[nodiscard]] std::string to_string(Policy policy);
/// @throws DomainError for a name that is not best, thief, uniform or none
[[nodiscard]] Policy policy_from(const std::string& name);

/// What each policy can be told; those of the others are ignored.
struct PolicyOptions {
    BestOptions best = {};
    ThiefOptions thief = {};
    UniformOptions uniform = {};
};

/// Plans a window with the given policy and records how long that took in Plan::decision_seconds.
/// @throws DomainError naming the stream, the field or the option
[[nodiscard]] Plan make_plan(Policy policy, const ScheduleProblem& problem, const PolicyOptions& options = {},
                             const Clock& clock = SystemClock());

}  // namespace ekya
