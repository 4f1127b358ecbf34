#include "program_builder.hpp"

#include <utility>

#include "place.hpp"

namespace ekya {

void ProgramBuilder::convolve(const std::string& name, const std::string& norm,
                              const Convolution& convolution, Path from, Path to) {
    const std::int64_t in = channels(from);
    append({.kind = Operation::Kind::convolution,
            .from = from,
            .to = to,
            .activation = convolution.activation,
            .name = name,
            .norm = norm,
            .in = in,
            .out = convolution.out,
            .kernel = convolution.kernel,
            .stride = convolution.stride,
            .groups = convolution.depthwise ? in : 1});
    channels(to) = convolution.out;
}

void ProgramBuilder::split() {
    append({.kind = Operation::Kind::split});
    channels(Path::main) /= 2;
    channels(Path::branch) = channels(Path::main);
}

void ProgramBuilder::interleave() {
    append({.kind = Operation::Kind::interleave});
    channels(Path::main) += channels(Path::branch);
}

Program ProgramBuilder::finish(const std::string& classifier) {
    append({.kind = Operation::Kind::mean});
    program_.head = program_.operations.size();
    std::int64_t in = channels();
    if (architecture_.place_width > 0) {
        append({.kind = Operation::Kind::place,
                .activation = Activation::relu,
                .name = "place",
                .in = place_feature_count,
                .out = architecture_.place_width});
        in += architecture_.place_width;
    }
    const auto linear = [&](const std::string& name, std::int64_t out, Activation activation) {
        append({.kind = Operation::Kind::linear,
                .activation = activation,
                .name = name,
                .in = in,
                .out = out});
        in = out;
    };
    if (architecture_.head_width > 0) linear("hidden", architecture_.head_width, Activation::relu);
    linear(classifier, architecture_.classes, Activation::none);
    return std::move(program_);
}

}  // namespace ekya
