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
        if (!layer.norm.is_empty())
            weights_[i] = fold(*layer.convolution, *layer.norm);
        else if (!layer.convolution.is_empty())
            weights_[i] = {snapshot(layer.convolution->weight), snapshot(layer.convolution->bias)};
        if (!layer.linear.is_empty())
            weights_[i] = {snapshot(layer.linear->weight), snapshot(layer.linear->bias)};
        if (!weights_[i].weight.defined()) continue;
        weights_[i].weight = weights_[i].weight.to(type_);
        weights_[i].bias = weights_[i].bias.to(type_);
    }
}

PathValues FoldedNetwork::run(std::size_t first, std::size_t last, const NetworkInput& x) const {
    const torch::NoGradGuard no_grad;
    auto values = path_values(x);
    for (auto& value : values)
        if (value.defined()) value = value.to(type_);
    return walk(program_, first, last, std::move(values), x.places,
                [this](std::size_t i, const torch::Tensor& input) {
                    const Operation& o = program_.operations[i];
                    const auto& [weight, bias] = weights_[i];
                    if (o.kind != Operation::Kind::convolution)
                        return torch::linear(input.to(type_), weight, bias);
                    if (o.norm.empty()) return pointwise(input, weight, bias);
                    return torch::conv2d(input, weight, bias, o.stride, o.padding(), 1, o.groups);
                });
}

NetworkInput FoldedNetwork::before(Cut cut, const NetworkInput& x) const {
    const auto begin = program_.begin(cut);
    const auto paths = run(0, begin, x);
    NetworkInput result{paths[0], x.places, {}, x.boxes};
    for (std::size_t i = begin; i < weights_.size(); ++i) {
        const Operation& o = program_.operations[i];
        const auto keep = [&](Path path) {
            const auto from = static_cast<std::size_t>(path);
            if (from >= first_level) result.levels[from - first_level] = paths[from];
        };
        keep(o.from);
        for (const auto part : o.parts) keep(part);
    }
    return result;
}

torch::Tensor FoldedNetwork::behind(Cut cut, const NetworkInput& x) const {
    return run(program_.begin(cut), weights_.size(), x)[0];
}

}  // namespace ekya
