#pragma once
#include <torch/torch.h>

#include <utility>

#include "ekya/core/errors.hpp"
#include "network_input.hpp"
#include "place.hpp"
#include "program.hpp"

namespace ekya {

[[nodiscard]] inline torch::Tensor activated(torch::Tensor x, Activation activation) {
    switch (activation) {
        case Activation::relu:
            return x.relu_();
        case Activation::relu6:
            return torch::hardtanh_(x, 0, 6);
        case Activation::none:
            break;
    }
    return x;
}

/// Channels of two tensors in turn, a0 b0 a1 b1 ...: with their channels last in memory this is one
/// copy.
[[nodiscard]] inline torch::Tensor interleaved(const torch::Tensor& a, const torch::Tensor& b) {
    const auto last = [](const torch::Tensor& x) { return x.permute({0, 2, 3, 1}); };
    return torch::stack({last(a), last(b)}, 4).flatten(3).permute({0, 3, 1, 2});
}

/// A convolution of 1x1 as a product of matrices, which with channels last in memory needs no copy.
[[nodiscard]] inline torch::Tensor pointwise(const torch::Tensor& x, const torch::Tensor& weight,
                                             const torch::Tensor& bias) {
    return torch::linear(x.permute({0, 2, 3, 1}), weight.flatten(1), bias).permute({0, 3, 1, 2});
}

/// Channels behind those of `x`, seen from where the objects are.
template <typename Layer>
[[nodiscard]] torch::Tensor with_places(const torch::Tensor& x, const torch::Tensor& places,
                                        std::size_t operation, Activation activation,
                                        const Layer& layer) {
    if (!places.defined())
        throw DomainError(
            "crops: their places in the frame are unknown, which this network needs (place_width)");
    return torch::cat({x, activated(layer(operation, place_features(places)), activation)}, 1);
}

/// The paths of a program while it is walked.
using PathValues = std::array<torch::Tensor, path_count>;

[[nodiscard]] inline PathValues path_values(const NetworkInput& input) {
    PathValues values{input.values};
    for (std::size_t i = 0; i < input.levels.size(); ++i) values[first_level + i] = input.levels[i];
    return values;
}

/// Carries values through operations [first, last). Works in place where it can, never on the
/// values it is given.
/// @param places [N, 4] (place.hpp); undefined will do for a network without place_width
/// @param layer  (index of a convolution, linear or place operation, its input) -> its output,
/// batch norm included and not yet
///               activated; a new tensor
template <typename Layer>
[[nodiscard]] PathValues walk(const Program& program, std::size_t first, std::size_t last,
                              PathValues paths, const torch::Tensor& places, const Layer& layer) {
    torch::Tensor &main = paths[0], &branch = paths[1];
    for (std::size_t i = first; i < last; ++i) {
        const Operation& o = program.operations[i];
        switch (o.kind) {
            case Operation::Kind::convolution:
            case Operation::Kind::linear:
                paths[static_cast<std::size_t>(o.to)] =
                    activated(layer(i, paths[static_cast<std::size_t>(o.from)]), o.activation);
                break;
            case Operation::Kind::max_pool:
                main = torch::max_pool2d(main, 3, 2, 1);
                break;
            case Operation::Kind::average_pool:
                paths[static_cast<std::size_t>(o.to)] =
                    torch::avg_pool2d(paths[static_cast<std::size_t>(o.from)], 3, 2, 1);
                break;
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
            case Operation::Kind::deal:
                branch = main.slice(1, 0, c10::nullopt, 2);
                main = main.slice(1, 1, c10::nullopt, 2);
                break;
            case Operation::Kind::concatenate: {
                std::vector<torch::Tensor> parts;
                for (const auto part : o.parts)
                    parts.push_back(paths[static_cast<std::size_t>(part)]);
                paths[static_cast<std::size_t>(o.to)] = torch::cat(parts, 1);
                break;
            }
            case Operation::Kind::interleave:
                main = interleaved(main, branch);
                branch.reset();
                break;
            case Operation::Kind::mean:
                main = main.mean({2, 3});
                break;
            case Operation::Kind::keep:
                paths[static_cast<std::size_t>(o.to)] = main;
                break;
            case Operation::Kind::merge: {
                const std::vector<std::int64_t> size{branch.size(2), branch.size(3)};
                main = torch::upsample_nearest2d(main, size).add_(branch);
                branch.reset();
                break;
            }
            case Operation::Kind::enlarge: {
                const auto& like = paths[static_cast<std::size_t>(o.from)];
                const std::vector<std::int64_t> size{like.size(2), like.size(3)};
                main = torch::upsample_nearest2d(main, size);
                break;
            }
            case Operation::Kind::place:
                main = with_places(main, places, i, o.activation, layer);
                break;
        }
    }
    return paths;
}

}  // namespace ekya
