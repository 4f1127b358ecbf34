// ekya.configs/1: what is read is valid and unlike no configuration that can be written.
#include "ekya/wire/records.hpp"
#include "ekya/wire/retraining_configs.hpp"
#include "input.hpp"

using namespace ekya;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::Input input(data, size);
    fuzz::accepts([&] {
        const ConfigList list{read_retraining_configs(input.text(), "configs.json")};
        fuzz::require(decode<ConfigList>(encode(list), "again").configs == list.configs,
                      "a configuration changed on its way");
        for (const auto& config : list.configs) {
            fuzz::require(!config.name().empty(), "a configuration without a name");
            (void)fuzz::accepts([&] { validate(config); });
        }
    });
    return 0;
}
