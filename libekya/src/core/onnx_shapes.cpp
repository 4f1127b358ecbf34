#include "ekya/core/onnx_shapes.hpp"

#include <set>

#include "ekya/core/onnx_message.hpp"

namespace ekya {
namespace {

// Field numbers below are those of onnx.proto3.

OnnxShape shape_of(std::string_view value_info) {
    const auto tensor = onnx_bytes(onnx_bytes(value_info, 2), 1);  // type, tensor_type
    OnnxShape shape;
    OnnxMessage dimensions(onnx_bytes(tensor, 2));  // shape
    for (OnnxField dimension; dimensions.next(dimension);) {
        std::int64_t size = 0;
        OnnxMessage parts(dimension.bytes);
        for (OnnxField part; parts.next(part);) {
            size = part.tag == 1 ? static_cast<std::int64_t>(part.number) : size;  // dim_value
        }
        shape.push_back(size);
    }
    return shape;
}

}  // namespace

OnnxShapes onnx_shapes(std::string_view model) {
    const auto graph = onnx_graph(model);
    std::set<std::string_view> weights;
    std::vector<std::string_view> inputs;
    OnnxShapes shapes;
    OnnxMessage fields(graph);
    for (OnnxField field; fields.next(field);) {
        if (field.tag == 5) {  // initializer, its name
            weights.insert(onnx_bytes(field.bytes, 8));
        } else if (field.tag == 11) {
            inputs.push_back(field.bytes);
        } else if (field.tag == 12) {
            shapes.outputs.push_back(shape_of(field.bytes));
        }
    }
    for (const auto& input : inputs) {
        if (!weights.contains(onnx_bytes(input, 1))) {
            shapes.inputs.push_back(shape_of(input));
        }
    }
    return shapes;
}

std::string to_string(const OnnxShape& shape) {
    std::string text = "[";
    for (const auto size : shape) {
        text += (text.size() > 1 ? ", " : "") + (size > 0 ? std::to_string(size) : "?");
    }
    return text + "]";
}

}  // namespace ekya
