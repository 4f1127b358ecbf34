// The header of an ONNX file, a protocol buffer: shapes of inputs and outputs.
#include "ekya/core/onnx_message.hpp"
#include "ekya/core/onnx_shapes.hpp"
#include "input.hpp"

using namespace ekya;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto model = fuzz::bytes(data, size);
    (void)fuzz::accepts([&] {
        const auto shapes = onnx_shapes(model);
        fuzz::require(shapes.inputs.size() + shapes.outputs.size() <= size,
                      "more shapes than bytes");
        for (const auto* list : {&shapes.inputs, &shapes.outputs})
            for (const auto& shape : *list)
                fuzz::require(!to_string(shape).empty(), "a shape without text");
    });
    (void)fuzz::accepts([&] {
        OnnxMessage numbers(model);
        while (!numbers.done()) (void)numbers.varint();
    });
    return 0;
}
