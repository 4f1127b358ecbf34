#include "ekya/nn/weights.hpp"

#include "ekya/core/errors.hpp"
#include "state_dict.hpp"

namespace ekya {

void validate(const Architecture& architecture) {
    if (architecture.network != "resnet18")
        throw DomainError("network: \"" + architecture.network + "\" is not resnet18");
    require_in_range("width", architecture.width, 0.01, 4);
    require_in_range("input_size", architecture.input_size, 16, 224);
    require_in_range("head_width", architecture.head_width, 0, 65536);
    require_in_range("classes", architecture.classes, 2, 1000000);
}

std::int64_t parameter_count(const Architecture& architecture) {
    std::int64_t count = 0;
    for (const auto& parameter : ResNet18(architecture, 0).parameters()) count += parameter.numel();
    return count;
}

void check_weights(const std::filesystem::path& path, const Architecture& architecture) {
    ResNet18 network(architecture, 0);
    load_state(network, path, HeadPolicy::exact);
}

}  // namespace ekya
