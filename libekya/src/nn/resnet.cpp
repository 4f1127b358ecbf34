#include "resnet.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "ekya/nn/weights.hpp"

namespace ekya {
namespace {

torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

/// He initialisation from a generator of our own: libtorch's global one is shared by all threads.
void initialise(torch::nn::Module& network, std::uint64_t seed) {
    const torch::NoGradGuard no_grad;
    auto generator = at::detail::createCPUGenerator(seed);
    for (auto& entry : network.named_parameters()) {
        torch::Tensor& parameter = entry.value();
        if (parameter.dim() == 4) {
            const auto fan_out = static_cast<double>(parameter.size(0) * parameter.size(2) * parameter.size(3));
            parameter.normal_(0, std::sqrt(2 / fan_out), generator);
        } else if (parameter.dim() == 2) {
            const auto fan_in = static_cast<double>(parameter.size(1));
            const double gain = entry.key().starts_with("hidden") ? 2 : 1.0 / 3;   // 1/3: torch's default for Linear
            parameter.normal_(0, std::sqrt(gain / fan_in), generator);
        } else {   // batch norm starts as the identity, biases at 0
            parameter.fill_(entry.key().ends_with("weight") ? 1 : 0);
        }
    }
}

}  // namespace

Stem stem_for(int input_size) {
    if (input_size >= 128) return {7, true};
    return {3, input_size > 48};
}

std::int64_t scaled_channels(int published, double width) {
    return std::max<std::int64_t>(8, 8 * std::llround(published * width / 8));
}

Cut cut_for(TrainedLayers layers) {
    switch (layers) {
        case TrainedLayers::head: return Cut::head;
        case TrainedLayers::last_stage: return Cut::last_stage;
        case TrainedLayers::all: break;
    }
    return Cut::image;
}

bool is_head(const std::string& tensor_name) {
    return tensor_name.starts_with("fc.") || tensor_name.starts_with("hidden.");
}

BasicBlock::BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride)
    : conv1(convolution(in, out, 3, stride)), conv2(convolution(out, out, 3, 1)), bn1(out), bn2(out) {
    register_module("conv1", conv1);
    register_module("bn1", bn1);
    register_module("conv2", conv2);
    register_module("bn2", bn2);
    if (stride == 1 && in == out) return;
    shortcut = convolution(in, out, 1, stride);
    shortcut_norm = torch::nn::BatchNorm2d(out);
    register_module("downsample", torch::nn::Sequential(shortcut, shortcut_norm));   // for torchvision's names
}

torch::Tensor BasicBlock::forward(const torch::Tensor& x) {
    const auto inner = bn2(conv2(bn1(conv1(x)).relu_()));
    return (inner + (shortcut.is_empty() ? x : shortcut_norm(shortcut(x)))).relu_();
}

ResNet18::ResNet18(const Architecture& architecture, std::uint64_t seed) : architecture_(architecture) {
    validate(architecture);
    const double width = architecture.width;
    std::int64_t channels = scaled_channels(64, width);
    conv1 = register_module("conv1", convolution(3, channels, stem_for(architecture.input_size).kernel, 2));
    bn1 = register_module("bn1", torch::nn::BatchNorm2d(channels));

    constexpr std::array published = {64, 128, 256, 512};
    for (std::size_t i = 0; i < published.size(); ++i) {
        const std::int64_t out = scaled_channels(published[i], width);
        torch::nn::Sequential layer;
        auto& stage = stages.emplace_back();
        for (int block = 0; block < 2; ++block) {
            stage.push_back(std::make_shared<BasicBlock>(channels, out, i > 0 && block == 0 ? 2 : 1));
            layer->push_back(stage.back());
            channels = out;
        }
        register_module("layer" + std::to_string(i + 1), layer);
    }
    if (architecture.head_width > 0) {
        hidden = register_module("hidden", torch::nn::Linear(channels, architecture.head_width));
        channels = architecture.head_width;
    }
    fc = register_module("fc", torch::nn::Linear(channels, architecture.classes));
    initialise(*this, seed);
}

torch::Tensor ResNet18::forward_from(Cut cut, const torch::Tensor& input) {
    torch::Tensor x = input;
    if (cut == Cut::image) {
        x = bn1(conv1(x)).relu_();
        if (stem_for(architecture_.input_size).pool) x = torch::max_pool2d(x, 3, 2, 1);
        for (std::size_t i = 0; i < 3; ++i)
            for (const auto& block : stages[i]) x = block->forward(x);
    }
    if (cut != Cut::head) {
        for (const auto& block : stages[3]) x = block->forward(x);
        x = x.mean({2, 3});
    }
    if (!hidden.is_empty()) x = hidden(x).relu_();
    return fc(x);
}

void ResNet18::train_from(Cut cut) {
    train(cut == Cut::image);
    if (cut == Cut::last_stage)
        for (const auto& block : stages[3]) block->train();
    for (auto& entry : named_parameters()) {
        const bool behind = cut == Cut::image || is_head(entry.key()) ||
                            (cut == Cut::last_stage && entry.key().starts_with("layer4."));
        entry.value().set_requires_grad(behind);
    }
}

std::vector<torch::Tensor> ResNet18::trained_parameters() const {
    std::vector<torch::Tensor> trained;
    for (const auto& parameter : parameters())
        if (parameter.requires_grad()) trained.push_back(parameter);
    return trained;
}

}  // namespace ekya
