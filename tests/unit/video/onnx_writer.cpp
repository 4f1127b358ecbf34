#include "onnx_writer.hpp"

namespace ekya::test {
namespace {

std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value >= 0x80; value >>= 7) {
        bytes += static_cast<char>((value & 0x7F) | 0x80);
    }
    return bytes + static_cast<char>(value);
}

std::string field(unsigned tag, std::int64_t number) {
    return varint(tag << 3) + varint(static_cast<std::uint64_t>(number));
}

std::string field(unsigned tag, const std::string& bytes) {
    return varint(tag << 3 | 2) + varint(bytes.size()) + bytes;
}

// Tags as in onnx.proto3.
std::string value_info(const std::string& name, const std::vector<std::int64_t>& shape) {
    std::string dimensions;
    for (const auto size : shape) {
        dimensions += field(1, size > 0 ? field(1, size) : field(2, std::string("N")));
    }
    const std::string tensor = field(1, std::int64_t{1}) + field(2, dimensions);  // float32, shape
    return field(1, name) + field(2, field(1, tensor));
}

std::string node(const OnnxLayer& layer, const std::string& input, const std::string& output) {
    std::string bytes;
    for (int i = 0; i < layer.inputs; ++i) {
        bytes += field(1, input);
    }
    bytes += field(2, output) + field(3, output) + field(4, layer.type);
    for (const auto& [name, values] : layer.lists) {
        std::string attribute = field(1, name);
        for (const auto value : values) {
            attribute += field(8, value);
        }
        bytes += field(5, attribute + field(20, std::int64_t{7}));
    }
    for (const auto& [name, value] : layer.numbers) {
        bytes += field(5, field(1, name) + field(3, value) + field(20, std::int64_t{2}));
    }
    return bytes;
}

}  // namespace

std::string onnx_model(const std::vector<std::int64_t>& input,
                       const std::vector<OnnxLayer>& layers) {
    std::string graph, last = "input";
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const std::string output = "value" + std::to_string(i);
        graph += field(1, node(layers[i], last, output));
        last = output;
    }
    graph += field(2, std::string("test")) + field(11, value_info("input", input)) +
             field(12, value_info(last, {}));
    return field(1, std::int64_t{6}) +
           field(8, field(1, std::string()) + field(2, std::int64_t{11})) + field(7, graph);
}

std::string channel_means(std::int64_t batch, std::int64_t size, bool softmax) {
    std::vector<OnnxLayer> layers = {{"GlobalAveragePool", 1, {}, {}},
                                     {"Flatten", 1, {}, {{"axis", 1}}}};
    if (softmax) {
        layers.push_back({"Softmax", 1, {}, {{"axis", 1}}});
    }
    return onnx_model({batch, 3, size, size}, layers);
}

std::string cell_means(std::int64_t size, int times) {
    return onnx_model({1, 3, size, size},
                      {{"AveragePool", 1, {{"kernel_shape", {16, 16}}, {"strides", {16, 16}}}, {}},
                       {"Concat", times, {}, {{"axis", 1}}}});
}

}  // namespace ekya::test
