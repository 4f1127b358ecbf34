#pragma once
#include <filesystem>

#include "program.hpp"
#include "tensor_file.hpp"

namespace ekya {

/// Whether a file's name says that it is ONNX.
[[nodiscard]] bool is_onnx(const std::filesystem::path& path);

/// The weights of FastestDet as published in ONNX, under the names of its program. The file's
/// convolutions, whose batch norm is folded, stand in the order of the program's; the first takes
/// blue, green, red there and red, green, blue here. Batch norms get statistics that change nothing
/// and the file's biases as shift.
/// @throws InputError naming the file if it is damaged or of another network
[[nodiscard]] NamedTensors onnx_tensors(const std::filesystem::path& path, const Program& program);

}  // namespace ekya
