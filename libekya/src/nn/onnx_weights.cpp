#include "onnx_weights.hpp"

#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/onnx_check.hpp"
#include "ekya/core/onnx_message.hpp"
#include "ekya/core/onnx_shapes.hpp"
#include "ekya/nn/weights.hpp"
#include "zoo.hpp"

namespace ekya {
namespace {

/// A convolution of the graph, in the order of its nodes.
struct OnnxConvolution {
    std::string weight, bias;  ///< names of initializers
    std::int64_t stride = 1, groups = 1;
};

// Field numbers below are those of onnx.proto3.

std::vector<std::int64_t> integers(std::string_view message, std::uint64_t tag) {
    std::vector<std::int64_t> values;
    OnnxMessage fields(message);
    for (OnnxField field; fields.next(field);) {
        if (field.tag != tag) continue;
        if (field.bytes.empty()) values.push_back(static_cast<std::int64_t>(field.number));
        for (OnnxMessage packed(field.bytes); !packed.done();)
            values.push_back(static_cast<std::int64_t>(packed.varint()));
    }
    return values;
}

/// @return undefined for other types than float32
torch::Tensor tensor_of(std::string_view message) {
    constexpr std::int64_t float32 = 1;
    if (integers(message, 2) != std::vector{float32}) return {};  // data_type
    const auto sizes = integers(message, 1);                      // dims
    std::size_t count = 1;
    for (const auto size : sizes) {
        // No weights are so large; the product cannot overflow.
        if (size < 0 || size > (1 << 20) || count > (std::size_t{1} << 31)) return {};
        count *= static_cast<std::size_t>(size);
    }
    auto bytes = onnx_bytes(message, 9);                // raw_data
    if (bytes.empty()) bytes = onnx_bytes(message, 4);  // float_data, packed
    if (bytes.size() != count * sizeof(float)) return {};
    auto tensor = torch::empty(sizes);
    if (count > 0) std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
    return tensor;
}

OnnxConvolution convolution_of(std::string_view node) {
    OnnxConvolution convolution;
    std::vector<std::string> inputs;
    OnnxMessage fields(node);
    for (OnnxField field; fields.next(field);) {
        if (field.tag == 1) inputs.emplace_back(field.bytes);
        if (field.tag != 5) continue;  // attribute
        const auto name = onnx_bytes(field.bytes, 1);
        const auto one = integers(field.bytes, 3), several = integers(field.bytes, 8);
        if (name == "group" && !one.empty()) convolution.groups = one.back();
        if (name == "strides" && !several.empty()) convolution.stride = several.front();
    }
    inputs.resize(3);
    convolution.weight = inputs[1];
    convolution.bias = inputs[2];
    return convolution;
}

struct OnnxGraph {
    std::map<std::string, torch::Tensor> tensors;
    std::vector<OnnxConvolution> convolutions;
};

OnnxGraph graph_of(std::string_view model) {
    OnnxGraph graph;
    OnnxMessage fields(onnx_graph(model));
    for (OnnxField field; fields.next(field);) {
        if (field.tag == 1 && onnx_bytes(field.bytes, 4) == "Conv")  // node, op_type
            graph.convolutions.push_back(convolution_of(field.bytes));
        if (field.tag == 5)  // initializer, name
            graph.tensors[std::string(onnx_bytes(field.bytes, 8))] = tensor_of(field.bytes);
    }
    return graph;
}

std::vector<const Operation*> convolutions_of(const Program& program) {
    std::vector<const Operation*> convolutions;
    for (const auto& operation : program.operations)
        if (operation.kind == Operation::Kind::convolution) convolutions.push_back(&operation);
    return convolutions;
}

Architecture fastestdet_of(int classes) {
    return {.network = "fastestdet",
            .width = 1,
            .input_size = 352,
            .classes = classes,
            .task = detection_task};
}

/// As if it had been trained on what leaves its input as it is.
void insert_identity(NamedTensors& tensors, const std::string& norm, const torch::Tensor& shift) {
    constexpr double epsilon = 1e-5;  // libtorch adds it to the variance
    tensors.insert(norm + ".weight", torch::ones_like(shift));
    tensors.insert(norm + ".bias", shift);
    tensors.insert(norm + ".running_mean", torch::zeros_like(shift));
    tensors.insert(norm + ".running_var", torch::full_like(shift, 1 - epsilon));
    tensors.insert(norm + ".num_batches_tracked", torch::zeros({}, torch::kInt64));
}

NamedTensors named(const OnnxGraph& graph, const Program& program) {
    const auto wanted = convolutions_of(program);
    if (program.outputs != Outputs::cells || graph.convolutions.size() != wanted.size())
        throw InputError("found an ONNX network of " + std::to_string(graph.convolutions.size()) +
                         " convolutions, expected a network fastestdet, which has " +
                         std::to_string(convolutions_of(program_for(fastestdet_of(1))).size()));
    NamedTensors tensors;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto& found = graph.convolutions[i];
        const auto weight = graph.tensors.find(found.weight), bias = graph.tensors.find(found.bias);
        const auto end = graph.tensors.end();
        if (weight == end || bias == end || !weight->second.defined() || !bias->second.defined())
            throw InputError("tensor " + wanted[i]->name +
                             ": is missing or damaged, expected weight and bias in float32");
        if (found.stride != wanted[i]->stride || found.groups != wanted[i]->groups)
            throw InputError("tensor " + wanted[i]->name + ": found stride " +
                             std::to_string(found.stride) + " and " + std::to_string(found.groups) +
                             " groups, expected " + std::to_string(wanted[i]->stride) + " and " +
                             std::to_string(wanted[i]->groups));
        const bool of_picture = i == 0 && weight->second.dim() == 4;
        tensors.insert(wanted[i]->name + ".weight",
                       of_picture ? weight->second.flip(1) : weight->second);
        if (wanted[i]->norm.empty())
            tensors.insert(wanted[i]->name + ".bias", bias->second);
        else
            insert_identity(tensors, wanted[i]->norm, bias->second);
    }
    return tensors;
}

}  // namespace

bool is_onnx(const std::filesystem::path& path) { return path.extension() == ".onnx"; }

NamedTensors onnx_tensors(const std::filesystem::path& path, const Program& program) {
    const std::string bytes = read_file(path);
    return with_context(path.string(), [&] {
        check_onnx(bytes);
        return named(graph_of(bytes), program);
    });
}

Architecture onnx_architecture(const std::filesystem::path& path) {
    const std::string bytes = read_file(path);
    return with_context(path.string(), [&] {
        check_onnx(bytes);
        auto architecture = fastestdet_of(1);
        const auto tensors = named(graph_of(bytes), program_for(architecture));
        const auto classes = tensors.at(fastestdet_class_layer + std::string("bias")).size(0);
        const auto shapes = onnx_shapes(bytes);
        if (shapes.inputs.size() != 1 || shapes.inputs.front().size() != 4)
            throw InputError("found " + std::to_string(shapes.inputs.size()) +
                             " inputs, expected one of shape [N, 3, H, W]");
        architecture.classes = static_cast<int>(classes);
        architecture.input_height = static_cast<int>(shapes.inputs.front()[2]);
        architecture.input_size = static_cast<int>(shapes.inputs.front()[3]);
        validate(architecture);
        return architecture;
    });
}

}  // namespace ekya
