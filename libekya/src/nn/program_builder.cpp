#include "program_builder.hpp"

#include <utility>

#include "place.hpp"
#include "zoo.hpp"

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

void ProgramBuilder::deal() {
    append({.kind = Operation::Kind::deal});
    channels(Path::main) /= 2;
    channels(Path::branch) = channels(Path::main);
}

void ProgramBuilder::average_pool(Path from, Path to) {
    append({.kind = Operation::Kind::average_pool, .from = from, .to = to});
    channels(to) = channels(from);
}

void ProgramBuilder::concatenate(const std::vector<Path>& parts, Path to) {
    append({.kind = Operation::Kind::concatenate, .to = to, .parts = parts});
    std::int64_t sum = 0;
    for (const auto part : parts) sum += channels(part);
    channels(to) = sum;
}

void ProgramBuilder::interleave() {
    append({.kind = Operation::Kind::interleave});
    channels(Path::main) += channels(Path::branch);
}

void ProgramBuilder::end_level(Path level) {
    if (!detects()) return;
    append({.kind = Operation::Kind::keep, .to = level});
    channels(level) = channels();
}

/// A feature pyramid (Lin et al., CVPR 2017) from the coarsest resolution up to stride 4.
void ProgramBuilder::add_neck() {
    const std::int64_t wide = neck_channels(architecture_.width);
    const auto convolve_as = [&](const std::string& name, std::int64_t kernel, Path from, Path to) {
        convolve("neck." + name + ".conv", "neck." + name + ".bn", {.out = wide, .kernel = kernel},
                 from, to);
    };
    convolve_as("stride32", 1, Path::main, Path::main);
    for (const auto& [level, name] : {std::pair{Path::stride16, std::string("stride16")},
                                      {Path::stride8, "stride8"},
                                      {Path::stride4, "stride4"}}) {
        convolve_as(name, 1, level, Path::branch);
        append({.kind = Operation::Kind::merge});
        convolve_as(name + ".smooth", 3, Path::main, Path::main);
    }
}

Program ProgramBuilder::finish(const std::string& classifier) {
    if (detects()) {
        add_neck();
        begin_head();
        convolve("head.conv", "head.bn", {.out = channels(), .kernel = 3});
        convolve("head.out", "",
                 {.out = box_outputs + architecture_.classes, .activation = Activation::none});
        return finish(Outputs::centres, {});
    }
    append({.kind = Operation::Kind::mean});
    begin_head();
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

Program ProgramBuilder::finish(Outputs outputs, FrameInput frames) {
    program_.outputs = outputs;
    program_.frames = frames;
    return std::move(program_);
}

}  // namespace ekya
