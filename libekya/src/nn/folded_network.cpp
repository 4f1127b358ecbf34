#include "folded_network.hpp"

#include "walk.hpp"

namespace ekya {
namespace {

torch::Tensor snapshot(const torch::Tensor& tensor) { return tensor.detach().clone(); }

FoldedNetwork::Weights fold(const torch::nn::Conv2dImpl& convolution,
                            const torch::nn::BatchNorm2dImpl& norm) {
    const auto scale = norm.weight * torch::rsqrt(norm.running_var + norm.options.eps());
    auto weight = (convolution.weight * scale.view({-1, 1, 1, 1}))
                      .contiguous(torch::MemoryFormat::ChannelsLast);
    return {weight.detach(), (norm.bias - norm.running_mean * scale).detach()};
}

}  // namespace

FoldedNetwork::FoldedNetwork(const Network& network, torch::ScalarType type)
    : program_(network.program()), type_(type), weights_(program_.operations.size()) {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
        const auto& layer = network.layer(i);
        if (!layer.convolution.is_empty()) weights_[i] = fold(*layer.convolution, *layer.norm);
        if (!layer.linear.is_empty())
            weights_[i] = {snapshot(layer.linear->weight), snapshot(layer.linear->bias)};
        if (!weights_[i].weight.defined()) continue;
        weights_[i].weight = weights_[i].weight.to(type_);
        weights_[i].bias = weights_[i].bias.to(type_);
    }
}

torch::Tensor FoldedNetwork::run(std::size_t first, std::size_t last, const torch::Tensor& x,
                                 const torch::Tensor& places) const {
    const torch::NoGradGuard no_grad;
    return walk(program_, first, last, x.to(type_), places,
                [this](std::size_t i, const torch::Tensor& input) {
                    const Operation& o = program_.operations[i];
                    const auto& [weight, bias] = weights_[i];
                    if (o.kind != Operation::Kind::convolution)
                        return torch::linear(input.to(type_), weight, bias);
                    return torch::conv2d(input, weight, bias, o.stride, o.padding(), 1, o.groups);
                });
}

torch::Tensor FoldedNetwork::before(Cut cut, const torch::Tensor& x) const {
    return run(0, program_.begin(cut), x, {});
}

torch::Tensor FoldedNetwork::behind(Cut cut, const torch::Tensor& x,
                                    const torch::Tensor& places) const {
    const auto features = run(program_.begin(cut), program_.head, x, places);
    return run(program_.head, program_.operations.size(), features, places);
}

}  // namespace ekya
