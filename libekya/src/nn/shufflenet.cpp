#include <array>
#include <string>

#include "program_builder.hpp"
#include "zoo.hpp"

namespace ekya {
namespace {

/// Channels of stages 2, 3 and 4.
std::array<std::int64_t, 3> stage_channels(double width) {
    if (width == 0.5) return {48, 96, 192};
    if (width == 1) return {116, 232, 464};
    if (width == 1.5) return {176, 352, 704};
    if (width == 2) return {244, 488, 976};
    return {scaled_channels(116, width), scaled_channels(232, width), scaled_channels(464, width)};
}

/// 1x1, depthwise 3x3, 1x1: the part of a unit that is always there.
void right_side(ProgramBuilder& net, const std::string& unit, std::int64_t half,
                std::int64_t stride, Path from) {
    const std::string name = unit + ".branch2.";
    net.convolve(name + "0", name + "1", {.out = half}, from, Path::branch);
    net.convolve(name + "3", name + "4",
                 {.out = half,
                  .kernel = 3,
                  .stride = stride,
                  .activation = Activation::none,
                  .depthwise = true},
                 Path::branch, Path::branch);
    net.convolve(name + "5", name + "6", {.out = half}, Path::branch, Path::branch);
}

/// Both sides see all channels, and halve the image.
void halving_unit(ProgramBuilder& net, const std::string& unit, std::int64_t out) {
    right_side(net, unit, out / 2, 2, Path::main);
    const std::string name = unit + ".branch1.";
    net.convolve(name + "0", name + "1",
                 {.out = net.channels(),
                  .kernel = 3,
                  .stride = 2,
                  .activation = Activation::none,
                  .depthwise = true});
    net.convolve(name + "2", name + "3", {.out = out / 2});
    net.interleave();
}

/// Half of the channels pass unchanged.
void unit_of_stride_1(ProgramBuilder& net, const std::string& unit, std::int64_t out) {
    net.split();
    right_side(net, unit, out / 2, 1, Path::branch);
    net.interleave();
}

}  // namespace

Program shufflenet_v2(const Architecture& architecture) {
    ProgramBuilder net(architecture);
    net.convolve("conv1.0", "conv1.1", {.out = 24, .kernel = 3, .stride = 2});
    if (halves_twice(architecture.input_size)) net.max_pool();
    net.end_level(Path::stride4);
    constexpr std::array units = {4, 8, 4};
    const auto channels = stage_channels(architecture.width);
    for (std::size_t stage = 0; stage < units.size(); ++stage) {
        if (stage == 2) net.begin_last_stage();
        const std::string name = "stage" + std::to_string(stage + 2) + ".";
        halving_unit(net, name + "0", channels[stage]);
        for (int unit = 1; unit < units[stage]; ++unit)
            unit_of_stride_1(net, name + std::to_string(unit), channels[stage]);
        if (stage == 0) net.end_level(Path::stride8);
        if (stage == 1) net.end_level(Path::stride16);
    }
    net.convolve("conv5.0", "conv5.1", {.out = architecture.width >= 2 ? 2048 : 1024});
    return net.finish("fc");
}

}  // namespace ekya
