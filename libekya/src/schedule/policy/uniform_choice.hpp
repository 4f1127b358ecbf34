#pragma once
#include <optional>
#include <string>

#include "ekya/core/config.hpp"
#include "ekya/schedule/policy/pick_configs.hpp"
#include "ekya/schedule/policy/uniform.hpp"

namespace ekya {

/// A retraining configuration as all streams know it: what find_retraining() looks for.
struct SharedConfig {
    RetrainingConfig config;
    std::string name;
};

/// The configuration that options.config gives, or else options.choice among those that end within
/// the horizon with this share in some stream; none if none does. Private to the module.
/// @throws DomainError if options.config is in no stream's estimates
[[nodiscard]] std::optional<SharedConfig> choose_shared_config(const ScheduleProblem& problem,
                                                               const UniformOptions& options,
                                                               double share);

/// Every stream's part of the devices, split in the same way. @throws DomainError naming
/// inference_share
[[nodiscard]] JobShares equal_split(const ScheduleProblem& problem, double inference_share);

/// Takes "most-accurate" and "cheapest". @return false for another word
bool take_choice(UniformOptions& options, const std::string& word);
/// Takes a number in [0, 1] as inference's part. @return false for another word
bool take_inference_share(UniformOptions& options, const std::string& word);

}  // namespace ekya
