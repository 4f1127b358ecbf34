#pragma once
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"
#include "ekya/schedule/policy/ablations.hpp"
#include "ekya/schedule/policy/best.hpp"
#include "ekya/schedule/policy/cached.hpp"
#include "ekya/schedule/policy/cloud.hpp"
#include "ekya/schedule/policy/separable.hpp"
#include "ekya/schedule/policy/thief.hpp"
#include "ekya/schedule/policy/uniform.hpp"

namespace ekya {

/// How a window is planned.
enum class Policy {
    best,
    thief,
    separable,
    uniform,
    fair,
    none,
    thief_fixed_resources,
    thief_fixed_config,
    cloud,
    cached
};

/// As on the command line, e.g. "thief-fixed-config".
[[nodiscard]] std::string to_string(Policy policy);
/// @throws DomainError for a name that is none of policy_names()
[[nodiscard]] Policy policy_from(const std::string& name);
/// All of them, in the order in which they are listed to people.
[[nodiscard]] std::vector<std::string> policy_names();

/// Whether all models come from retraining on these devices: not from the cloud, not from earlier
/// windows.
[[nodiscard]] bool plans_local(Policy policy);

/// What each policy can be told; those of the others are ignored.
struct PolicyOptions {
    BestOptions best = {};
    ThiefOptions thief = {};
    UniformOptions uniform =
        {};  ///< its configuration and split are those of the thief's ablations too
    CloudOptions cloud = {};
    CachedOptions cached = {};
};

/// A policy with its options, as people write it.
struct PolicySetting {
    Policy policy = Policy::best;
    PolicyOptions options = {};
    std::string text = "best";  ///< what was written
    bool as_told = false;  ///< best: take estimates at their word where more is known about them
};

/// Reads "name", or a name and its settings: "uniform:cheapest:0.3" for the cheapest configuration
/// and 30 % of each stream's part for inference (thief-fixed-config takes a configuration,
/// thief-fixed-resources a share), "cached:time_of_day", "best:as-told".
/// @param options what is not written
/// @throws DomainError saying what is wrong
[[nodiscard]] PolicySetting policy_setting_from(const std::string& text,
                                                const PolicyOptions& options = {});

/// Plans a window with the given policy and records how long that took in Plan::decision_seconds.
/// @throws DomainError naming the stream, the field or the option
[[nodiscard]] Plan make_plan(Policy policy, const ScheduleProblem& problem,
                             const PolicyOptions& options = {}, const Clock& clock = SystemClock());

}  // namespace ekya
