#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "program_builder.hpp"
#include "zoo.hpp"

namespace ekya {
namespace {

/// Two 3x3 convolutions and a way round them.
void basic_block(ProgramBuilder& net, const std::string& name, std::int64_t out,
                 std::int64_t stride) {
    net.convolve(name + ".conv1", name + ".bn1", {.out = out, .kernel = 3, .stride = stride},
                 Path::main, Path::branch);
    net.convolve(name + ".conv2", name + ".bn2",
                 {.out = out, .kernel = 3, .activation = Activation::none}, Path::branch,
                 Path::branch);
    if (stride != 1 || net.channels() != out)
        net.convolve(name + ".downsample.0", name + ".downsample.1",
                     {.out = out, .stride = stride, .activation = Activation::none});
    net.add(Activation::relu);
}

}  // namespace

std::int64_t scaled_channels(std::int64_t published, double width) {
    return std::max<std::int64_t>(8, 8 * std::llround(static_cast<double>(published) * width / 8));
}

std::int64_t neck_channels(double width) { return scaled_channels(128, std::max(width, 0.25)); }

Program resnet18(const Architecture& architecture) {
    ProgramBuilder net(architecture);
    net.convolve("conv1", "bn1",
                 {.out = scaled_channels(64, architecture.width),
                  .kernel = first_kernel(architecture.input_size),
                  .stride = 2});
    if (halves_twice(architecture.input_size)) net.max_pool();
    constexpr std::array published = {64, 128, 256, 512};
    constexpr std::array levels = {Path::stride4, Path::stride8, Path::stride16};
    for (std::size_t stage = 0; stage < published.size(); ++stage) {
        if (stage == 3) net.begin_last_stage();
        for (int block = 0; block < 2; ++block)
            basic_block(net, "layer" + std::to_string(stage + 1) + "." + std::to_string(block),
                        scaled_channels(published[stage], architecture.width),
                        stage > 0 && block == 0 ? 2 : 1);
        if (stage < levels.size()) net.end_level(levels[stage]);
    }
    return net.finish("fc");
}

}  // namespace ekya
