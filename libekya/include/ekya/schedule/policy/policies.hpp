#pragma once
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"
#include "ekya/schedule/policy/best.hpp"
#include "ekya/schedule/policy/cached.hpp"
#include "ekya/schedule/policy/cloud.hpp"
#include "ekya/schedule/policy/policy.hpp"
#include "ekya/schedule/policy/separable.hpp"
#include "ekya/schedule/policy/thief.hpp"
#include "ekya/schedule/policy/uniform.hpp"

namespace ekya {

/// What policies can be told; each looks at its own.
struct PolicyOptions {
    BestOptions best = {};
    ThiefOptions thief = {};      ///< its unit is that of `separable` too
    UniformOptions uniform = {};  ///< its configuration and split are those of thief-fixed-* too
    CloudOptions cloud = {};
    CachedOptions cached = {};
};

/// The table of policies, in the order in which they are listed to people.
[[nodiscard]] const std::vector<Policy>& policies();

[[nodiscard]] std::vector<std::string> policy_names();

/// @throws DomainError for a name that is none of policy_names()
[[nodiscard]] const Policy& policy_from(const std::string& name);

/// A policy with its options, as people write it.
struct PolicySetting {
    const Policy* policy = &policies().front();
    PolicyOptions options = {};
    std::string text = policy->name;  ///< what was written
};

/// Reads "name", or a name and its words: "uniform:cheapest:0.3" for the cheapest configuration and
/// 30 % of each stream's part for inference (thief-fixed-config takes a configuration,
/// thief-fixed-resources a share), "cached:time_of_day".
/// @param options what is not written
/// @throws DomainError saying what is wrong
[[nodiscard]] PolicySetting policy_setting_from(const std::string& text,
                                                const PolicyOptions& options = {});

/// Plans a window with the given policy and records how long that took in Plan::decision_seconds.
/// @throws DomainError naming the stream, the field or the option
[[nodiscard]] Plan make_plan(const Policy& policy, const ScheduleProblem& problem,
                             const PolicyOptions& options = {}, const Clock& clock = SystemClock());

/// The same with a policy by its name. @throws DomainError also for an unknown name
[[nodiscard]] Plan make_plan(const std::string& policy, const ScheduleProblem& problem,
                             const PolicyOptions& options = {}, const Clock& clock = SystemClock());

}  // namespace ekya
