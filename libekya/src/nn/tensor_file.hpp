#pragma once
#include <torch/torch.h>

#include <filesystem>
#include <string>

namespace ekya {

using NamedTensors = c10::Dict<std::string, torch::Tensor>;

/// The tensors of a file by name: a dictionary as torch::pickle_save(), torch.save(dict(state)) or
/// torch.save(state) leave it, or parameters and buffers of a TorchScript archive, whose code is
/// not run.
/// @throws InputError naming the file if it cannot be read or holds something else
[[nodiscard]] NamedTensors read_tensors(const std::filesystem::path& path);

}  // namespace ekya
