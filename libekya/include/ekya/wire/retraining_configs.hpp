#pragma once
#include <filesystem>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// Reads a list of retraining configurations (schema ekya.configs/1). @throws InputError naming file and field
[[nodiscard]] std::vector<RetrainingConfig> read_retraining_configs(const std::filesystem::path& file);

}  // namespace ekya
