#pragma once
#include <torch/torch.h>

#include <utility>

#include "program.hpp"

namespace ekya {

[[nodiscard]] inline torch::Tensor activated(torch::Tensor x, Activation activation) {
    switch (activation) {
        case Activation::relu: return x.relu_();
        case Activation::relu6: return torch::hardtanh_(x, 0, 6);
        case Activation::none: break;
    }
    return x;
}

/// Channels of two tensors in turn, a0 b0 a1 b1 ...: with their channels last in memory this is one copy.
[[nodiscard]] inline torch::Tensor interleaved(const torch::Tensor& a, const torch::Tensor& b) {
    const auto last = [](const torch::Tensor& x) { return x.permute({0, 2, 3, 1}); };
    return torch::stack({last(a), last(b)}, 4).flatten(3).permute({0, 3, 1, 2});
}

/// Carries a value through operations [first, last). Works in place where it can, never on `input`.
/// @param layer  (index of a convolution or linear operation, its input) -> its output, batch norm included and not yet
///               activated; a new tensor
template <typename Layer>
[[nodiscard]] torch::Tensor walk(const Program& program, std::size_t first, std::size_t last, torch::Tensor input, const Layer& layer) {
    torch::Tensor paths[2] = {std::move(input), {}};
    torch::Tensor &main = paths[0], &branch = paths[1];
    for (std::size_t i = first; i < last; ++i) {
        const Operation& o = program.operations[i];
        switch (o.kind) {
            case Operation::Kind::convolution:
            case Operation::Kind::linear:
                paths[static_cast<std::size_t>(o.to)] = activated(layer(i, paths[static_cast<std::size_t>(o.from)]), o.activation);
                break;
            case Operation::Kind::max_pool: main = torch::max_pool2d(main, 3, 2, 1); break;
            case Operation::Kind::add:
                main = activated(std::move(branch).add_(main), o.activation);
                branch.reset();
                break;
            case Operation::Kind::split: {
                const auto halves = main.chunk(2, 1);
                main = halves[0];
                branch = halves[1];
                break;
            }
            case Operation::Kind::interleave:
                main = interleaved(main, branch);
                branch.reset();
                break;
            case Operation::Kind::mean: main = main.mean({2, 3}); break;
        }
    }
    return main;
}

}  // namespace ekya
