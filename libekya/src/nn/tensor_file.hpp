#pragma once
#include <torch/torch.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace ekya {

using NamedTensors = c10::Dict<std::string, torch::Tensor>;

/// The tensors of a file by name: a dictionary as torch::pickle_save(), torch.save(dict(state)) or
/// torch.save(state) leave it, or parameters, buffers and other tensors of a TorchScript archive.
/// The file is data: none of its code is read, let alone run, whatever it names. Its bytes are all
/// the memory it can ask for, twice.
/// @throws InputError naming the file if it cannot be read, is damaged or holds something else
[[nodiscard]] NamedTensors read_tensors(const std::filesystem::path& path);

/// The same of a file's bytes. @throws InputError that names no file
[[nodiscard]] NamedTensors tensors_of(std::string_view bytes);

/// Writes a dictionary that read_tensors() reads. @throws SystemError
void write_tensors(const NamedTensors& tensors, const std::filesystem::path& path);

}  // namespace ekya
