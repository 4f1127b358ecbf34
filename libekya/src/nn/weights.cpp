#include "ekya/nn/weights.hpp"

#include "network.hpp"
#include "state_dict.hpp"

namespace ekya {

std::int64_t parameter_count(const Architecture& architecture) {
    return parameter_count(program_for(architecture));
}

std::int64_t multiply_accumulates(const Architecture& architecture) {
    return multiply_accumulates(program_for(architecture), architecture.input_size,
                                input_height(architecture));
}

void check_weights(const std::filesystem::path& path, const Architecture& architecture) {
    Network network(architecture);
    load_state(network, path, HeadPolicy::exact);
}

}  // namespace ekya
