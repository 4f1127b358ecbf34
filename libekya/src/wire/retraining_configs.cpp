#include "ekya/wire/retraining_configs.hpp"

#include "ekya/core/atomic_file.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

std::vector<RetrainingConfig> read_retraining_configs(const std::filesystem::path& file) {
    return read_retraining_configs(read_file(file), file.string());
}

std::vector<RetrainingConfig> read_retraining_configs(std::string_view text,
                                                      const std::string& place) {
    return decode<ConfigList>(parse_json(text, place), place).configs;
}

}  // namespace ekya
