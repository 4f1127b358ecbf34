#include <array>
#include <string>

#include "program_builder.hpp"
#include "zoo.hpp"

namespace ekya {
namespace {

/// 1x1, depthwise 3x3, 1x1.
void main_side(ProgramBuilder& net, const std::string& unit, std::int64_t half,
               std::int64_t stride) {
    const std::string name = unit + ".branch_main.";
    net.convolve(name + "0", name + "1", {.out = half});
    net.convolve(name + "3", name + "4",
                 {.out = half,
                  .kernel = 3,
                  .stride = stride,
                  .activation = Activation::none,
                  .depthwise = true});
    net.convolve(name + "5", name + "6", {.out = half});
}

/// Halves the image; both sides see all channels.
void first_unit(ProgramBuilder& net, const std::string& unit, std::int64_t out) {
    const std::string name = unit + ".branch_proj.";
    net.convolve(name + "0", name + "1",
                 {.out = net.channels(),
                  .kernel = 3,
                  .stride = 2,
                  .activation = Activation::none,
                  .depthwise = true},
                 Path::main, Path::branch);
    net.convolve(name + "2", name + "3", {.out = out / 2}, Path::branch, Path::branch);
    main_side(net, unit, out / 2, 2);
    net.concatenate({Path::branch, Path::main}, Path::main);
}

/// Half of the channels pass unchanged.
void further_unit(ProgramBuilder& net, const std::string& unit, std::int64_t out) {
    net.deal();
    main_side(net, unit, out / 2, 1);
    net.concatenate({Path::branch, Path::main}, Path::main);
}

/// Depthwise 5x5; layer and batch norm are parts of a sequence.
void look_around(ProgramBuilder& net, const std::string& sequence, int first, Path from, Path to) {
    net.convolve(sequence + "." + std::to_string(first), sequence + "." + std::to_string(first + 1),
                 {.out = net.channels(), .kernel = 5, .depthwise = true}, from, to);
}

/// One, two and three times, beside each other, and added to what was there.
void spatial_pyramid(ProgramBuilder& net, std::int64_t channels) {
    net.convolve("SPP.Conv1x1.conv1x1.0", "SPP.Conv1x1.conv1x1.1", {.out = channels});
    constexpr std::array sides{Path::branch, Path::second, Path::third};
    for (std::size_t side = 0; side < sides.size(); ++side)
        for (std::size_t i = 0; i <= side; ++i)
            look_around(net, "SPP.S" + std::to_string(side + 1), static_cast<int>(3 * i),
                        i == 0 ? Path::main : sides[side], sides[side]);
    net.concatenate({sides.begin(), sides.end()}, Path::branch);
    net.convolve("SPP.output.0", "SPP.output.1", {.out = channels, .activation = Activation::none},
                 Path::branch, Path::branch);
    net.add(Activation::relu);
}

void answer(ProgramBuilder& net, const std::string& what, std::int64_t outputs, Path to) {
    const std::string name = "detect_head." + what + "_layers.conv5x5";
    look_around(net, name, 0, Path::main, to);
    net.convolve(name + ".3", "", {.out = outputs, .activation = Activation::none}, to, to);
}

}  // namespace

Program fastestdet(const Architecture& architecture) {
    ProgramBuilder net(architecture);
    const auto channels = [&](std::int64_t published) {
        return scaled_channels(published, architecture.width);
    };
    net.convolve("backbone.first_conv.0", "backbone.first_conv.1",
                 {.out = channels(24), .kernel = 3, .stride = 2});
    net.max_pool();
    constexpr std::array published = {48, 96, 192};
    constexpr std::array units = {4, 8, 4};
    for (std::size_t stage = 0; stage < units.size(); ++stage) {
        if (stage == 2) net.begin_last_stage();
        const std::string name = "backbone.stage" + std::to_string(stage + 2) + ".";
        first_unit(net, name + "0", channels(published[stage]));
        for (int unit = 1; unit < units[stage]; ++unit)
            further_unit(net, name + std::to_string(unit), channels(published[stage]));
        if (stage == 0) net.end_level(Path::stride8);
        if (stage == 1) net.end_level(Path::stride16);
    }
    net.enlarge(Path::stride16);
    net.average_pool(Path::stride8, Path::branch);
    net.concatenate({Path::branch, Path::stride16, Path::main}, Path::main);
    spatial_pyramid(net, channels(96));
    net.begin_head();
    net.convolve("detect_head.conv1x1.conv1x1.0", "detect_head.conv1x1.conv1x1.1",
                 {.out = net.channels()});
    answer(net, "obj", 1, Path::branch);
    answer(net, "reg", box_outputs, Path::second);
    answer(net, "cls", architecture.classes, Path::third);
    net.concatenate({Path::branch, Path::second, Path::third}, Path::main);
    return net.finish(Outputs::cells, {.stretched = true, .unit_levels = true});
}

}  // namespace ekya
