#include "folded_resnet.hpp"

namespace ekya {
namespace {

torch::Tensor snapshot(const torch::Tensor& tensor) { return tensor.detach().clone(); }

}  // namespace

FoldedResNet18::Convolution FoldedResNet18::fold(const torch::nn::Conv2dImpl& convolution,
                                                 const torch::nn::BatchNorm2dImpl& norm) {
    const torch::NoGradGuard no_grad;
    const auto scale = norm.weight * torch::rsqrt(norm.running_var + norm.options.eps());
    auto weight = (convolution.weight * scale.view({-1, 1, 1, 1})).contiguous(torch::MemoryFormat::ChannelsLast);
    const auto kernel = weight.size(2);
    return {weight, norm.bias - norm.running_mean * scale, convolution.options.stride()->at(0), kernel / 2};
}

torch::Tensor FoldedResNet18::Block::operator()(const torch::Tensor& x) const {
    return second(first(x).relu_()).add_(downsample ? (*downsample)(x) : x).relu_();
}

FoldedResNet18::FoldedResNet18(const ResNet18& network)
    : stem_(fold(*network.conv1, *network.bn1)), pool_(stem_for(network.architecture().input_size).pool) {
    for (std::size_t stage = 0; stage < network.stages.size(); ++stage)
        for (const auto& block : network.stages[stage]) {
            Block folded{fold(*block->conv1, *block->bn1), fold(*block->conv2, *block->bn2), {}};
            if (!block->shortcut.is_empty()) folded.downsample = fold(*block->shortcut, *block->shortcut_norm);
            (stage < 3 ? front_ : last_stage_).push_back(std::move(folded));
        }
    if (!network.hidden.is_empty()) {
        hidden_weight_ = snapshot(network.hidden->weight);
        hidden_bias_ = snapshot(network.hidden->bias);
    }
    weight_ = snapshot(network.fc->weight);
    bias_ = snapshot(network.fc->bias);
}

torch::Tensor FoldedResNet18::front(const torch::Tensor& image) const {
    torch::Tensor x = stem_(image).relu_();
    if (pool_) x = torch::max_pool2d(x, 3, 2, 1);
    for (const auto& block : front_) x = block(x);
    return x;
}

torch::Tensor FoldedResNet18::last_stage(torch::Tensor x) const {
    for (const auto& block : last_stage_) x = block(x);
    return x.mean({2, 3});
}

torch::Tensor FoldedResNet18::before(Cut cut, const torch::Tensor& x) const {
    const torch::NoGradGuard no_grad;
    if (cut == Cut::image) return x;
    return cut == Cut::last_stage ? front(x) : last_stage(front(x));
}

torch::Tensor FoldedResNet18::behind(Cut cut, const torch::Tensor& input) const {
    const torch::NoGradGuard no_grad;
    torch::Tensor x = cut == Cut::image ? front(input) : input;
    if (cut != Cut::head) x = last_stage(x);
    if (hidden_weight_.defined()) x = torch::linear(x, hidden_weight_, hidden_bias_).relu_();
    return torch::linear(x, weight_, bias_);
}

}  // namespace ekya
