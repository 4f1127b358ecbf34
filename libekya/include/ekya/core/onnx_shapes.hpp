// The shapes an ONNX file declares for its input and output; OpenCV does not tell.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ekya {

/// Sizes of a tensor's dimensions; 0 = open.
using OnnxShape = std::vector<std::int64_t>;

struct OnnxShapes {
    std::vector<OnnxShape> inputs;  ///< without the weights, which old files list among them
    std::vector<OnnxShape> outputs;
};

/// @param model  the bytes of an ONNX file (a protocol buffer)
/// @throws InputError if they are not one
[[nodiscard]] OnnxShapes onnx_shapes(std::string_view model);

/// "[1, 3, ?, ?]".
[[nodiscard]] std::string to_string(const OnnxShape& shape);

}  // namespace ekya
