#pragma once
#include <string_view>

namespace ekya {

/// Looks through a whole ONNX model before any library does: tensors must lie in the file, with as
/// many values as their shapes say, and shapes and numbers of parts must be ones that a network can
/// have.
/// @param model  the bytes of an ONNX file
/// @throws InputError that names the part
void check_onnx(std::string_view model);

}  // namespace ekya
