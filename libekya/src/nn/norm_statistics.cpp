#include "norm_statistics.hpp"

#include <tuple>

#include "walk.hpp"

namespace ekya {
namespace {

torch::Tensor measured(torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x) {
    const double epsilon = norm.options.eps();
    const auto scale = norm.weight * torch::rsqrt(norm.running_var + epsilon);
    const auto shift = norm.bias - norm.running_mean * scale;
    const auto [variance, mean] = torch::var_mean(x, {0, 2, 3}, /*unbiased=*/false);
    norm.running_mean.copy_(mean);
    norm.running_var.copy_(variance);
    norm.weight.copy_(scale * torch::sqrt(variance + epsilon));
    norm.bias.copy_(shift + mean * scale);
    return x * scale.view({1, -1, 1, 1}) + shift.view({1, -1, 1, 1});
}

}  // namespace

void measure_statistics(Network& network, const torch::Tensor& pictures) {
    const torch::NoGradGuard no_grad;
    const auto& program = network.program();
    std::ignore = walk(program, 0, program.operations.size(), path_values({pictures}), {},
                       [&](std::size_t i, const torch::Tensor& input) {
                           auto layer = network.layer(i);
                           if (!layer.linear.is_empty()) return layer.linear(input);
                           const auto product = layer.convolution(input);
                           return layer.norm.is_empty() ? product : measured(*layer.norm, product);
                       });
}

}  // namespace ekya
