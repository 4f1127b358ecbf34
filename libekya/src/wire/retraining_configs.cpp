#include "ekya/wire/retraining_configs.hpp"

#include "ekya/core/atomic_file.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

std::vector<RetrainingConfig> read_retraining_configs(const std::filesystem::path& file) {
    return read_retraining_configs(read_file(file), file.string());
}

std::vector<RetrainingConfig> read_retraining_configs(std::string_view text,
                                                      const std::string& place) {
    const Json json = parse_json(text, place);
    check_record(json, "ekya.configs/1", place);
    std::vector<RetrainingConfig> configs;
    for (const auto& entry : json.at("configs")) configs.push_back(retraining_config_from(entry));
    return configs;
}

}  // namespace ekya
