#pragma once
#include <filesystem>

#include "network.hpp"
#include "tensor_file.hpp"

namespace ekya {

enum class HeadPolicy {
    exact,        ///< every tensor must fit
    may_grow,     ///< the output layer of the file may have fewer rows: they become the first ones,
                  ///< the others stay as they are
    may_be_other  ///< a head of another shape is left out: the network keeps its own
};

/// Writes all parameters and buffers, from whatever device the network is on.
/// @throws SystemError if the file cannot be written
void save_state(const Network& network, const std::filesystem::path& path);

/// Copies a weights file into the network; nothing is copied if anything does not fit.
/// @return whether the head was taken from the file
/// @throws InputError naming file, tensor, found and expected
bool load_state(Network& network, const std::filesystem::path& path, HeadPolicy policy);
/// The same from what was read. @param path named in errors
bool load_state(Network& network, const NamedTensors& found, const std::filesystem::path& path,
                HeadPolicy policy);

/// @throws InputError naming the first tensor of the network with a value that is not finite
void require_finite(const Network& network);

}  // namespace ekya
