#include <algorithm>
#include <string>

#include "program_builder.hpp"
#include "zoo.hpp"

namespace ekya {
namespace {

/// The published rounding: to a multiple of 8, but never by more than a tenth down.
std::int64_t rounded(double channels) {
    const auto nearest = std::max<std::int64_t>(8, static_cast<std::int64_t>(channels + 4) / 8 * 8);
    return static_cast<double>(nearest) < 0.9 * channels ? nearest + 8 : nearest;
}

struct Stage {
    std::int64_t expansion, out;
    int blocks;
    std::int64_t stride;  ///< of the first block
};
constexpr Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                            {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
constexpr int halving_second = 1, last = 5;  // of the stages

/// Widen, filter each channel, narrow; a way round it where the shape stays.
void inverted_residual(ProgramBuilder& net, const std::string& name, std::int64_t expansion,
                       std::int64_t out, std::int64_t stride) {
    const bool residual = stride == 1 && net.channels() == out;
    const Path path = residual ? Path::branch : Path::main;
    Path from = Path::main;
    const std::int64_t wide = net.channels() * expansion;
    int part = 0;
    const auto next = [&] { return name + ".conv." + std::to_string(part++); };
    if (expansion != 1) {
        const auto widen = next();
        net.convolve(widen + ".0", widen + ".1", {.out = wide, .activation = Activation::relu6},
                     from, path);
        from = path;
    }
    const auto filter = next();
    net.convolve(filter + ".0", filter + ".1",
                 {.out = wide,
                  .kernel = 3,
                  .stride = stride,
                  .activation = Activation::relu6,
                  .depthwise = true},
                 from, path);
    const auto narrow = next();
    net.convolve(narrow, next(), {.out = out, .activation = Activation::none}, path, path);
    if (residual) net.add(Activation::none);
}

}  // namespace

Program mobilenet_v2(const Architecture& architecture) {
    const double width = architecture.width;
    ProgramBuilder net(architecture);
    net.convolve(
        "features.0.0", "features.0.1",
        {.out = rounded(32 * width), .kernel = 3, .stride = 2, .activation = Activation::relu6});
    int feature = 1;
    for (int stage = 0; stage < static_cast<int>(std::size(stages)); ++stage) {
        if (stage == last) net.begin_last_stage();
        const auto& [expansion, published, blocks, stage_stride] = stages[stage];
        const bool whole = stage != halving_second || halves_twice(architecture.input_size);
        for (int block = 0; block < blocks; ++block)
            inverted_residual(net, "features." + std::to_string(feature++), expansion,
                              rounded(static_cast<double>(published) * width),
                              block == 0 && whole ? stage_stride : 1);
        if (stage == 1) net.end_level(Path::stride4);
        if (stage == 2) net.end_level(Path::stride8);
        if (stage == 4) net.end_level(Path::stride16);
    }
    const std::string end = "features." + std::to_string(feature);
    net.convolve(end + ".0", end + ".1",
                 {.out = rounded(1280 * std::max(1.0, width)), .activation = Activation::relu6});
    return net.finish("classifier.1");
}

}  // namespace ekya
