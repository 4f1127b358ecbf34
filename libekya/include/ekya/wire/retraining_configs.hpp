#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// Reads a list of retraining configurations (schema ekya.configs/1). @throws InputError naming
/// file and field
[[nodiscard]] std::vector<RetrainingConfig> read_retraining_configs(
    const std::filesystem::path& file);

/// The same from the text of such a file. @param place the file's name for messages
[[nodiscard]] std::vector<RetrainingConfig> read_retraining_configs(std::string_view text,
                                                                    const std::string& place);

}  // namespace ekya
