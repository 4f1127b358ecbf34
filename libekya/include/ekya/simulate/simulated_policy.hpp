#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ekya/reference/policies.hpp"
#include "ekya/schedule/policy/policies.hpp"

namespace ekya {

/// A policy that can be simulated: one of schedule's, or one of the published simulator's.
struct SimulatedPolicy {
    std::string text = "best";   ///< as people write it
    PolicySetting setting = {};  ///< without `reference`
    std::optional<ReferencePolicy> reference = {};
    ReferenceOptions reference_options = {};
};

/// What policies can be told that is not written with their names.
struct SimulatedPolicyOptions {
    PolicyOptions policies = {};
    ReferenceOptions reference = {};
};

/// Names of all policies that can be simulated.
[[nodiscard]] std::vector<std::string> simulated_policy_names();

/// Reads a name of the published simulator's policies, or what policy_setting_from() reads.
/// @throws DomainError saying what is wrong
[[nodiscard]] SimulatedPolicy simulated_policy_from(const std::string& text,
                                                    const SimulatedPolicyOptions& options = {});

}  // namespace ekya
