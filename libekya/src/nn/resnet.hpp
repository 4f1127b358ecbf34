#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "ekya/core/model_card.hpp"

namespace ekya {

/// How the first layers shrink the image; the stride of the convolution is 2.
struct Stem {
    std::int64_t kernel;
    bool pool;   ///< 3x3 max-pool of stride 2 behind it
};

/// 128 and above: the published 7x7 with pool. 49 to 127: 3x3 with pool, so that 64 pixels reach layer1 at 16x16.
/// 16 to 48: 3x3 without pool: 32 pixels reach layer1 at 16x16 and leave layer4 at 2x2.
[[nodiscard]] Stem stem_for(int input_size);

/// Channels of a layer with `published` of them: rounded to a multiple of 8, at least 8.
[[nodiscard]] std::int64_t scaled_channels(int published, double width);

/// Where the network can be cut: what lies before is frozen, what lies behind is trained.
enum class Cut { image, last_stage, head };
[[nodiscard]] Cut cut_for(TrainedLayers layers);

/// Two 3x3 convolutions and a way round them.
class BasicBlock : public torch::nn::Module {
public:
    BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride);
    torch::Tensor forward(const torch::Tensor& x);

    torch::nn::Conv2d conv1, conv2;
    torch::nn::BatchNorm2d bn1, bn2;
    torch::nn::Conv2d shortcut{nullptr};             ///< 1x1; null where the shape stays
    torch::nn::BatchNorm2d shortcut_norm{nullptr};   ///< likewise
};

/// ResNet18 (He et al., CVPR 2016) with a width multiplier, a stem that fits the input and an optional hidden layer in the
/// head. Tensor names are torchvision's; the hidden layer adds "hidden.weight" and "hidden.bias".
class ResNet18 : public torch::nn::Module {
public:
    /// Weights after He et al. (ICCV 2015) drawn from the seed.
    ResNet18(const Architecture& architecture, std::uint64_t seed);

    /// @param x [N, 3, S, S] float32, normalised   @return logits [N, classes]
    torch::Tensor forward(const torch::Tensor& x) { return forward_from(Cut::image, x); }
    /// What is behind the cut. @param x what the layers before it put out: image, [N, C, h, w] or [N, C]
    torch::Tensor forward_from(Cut cut, const torch::Tensor& x);

    /// Gradients and batch statistics behind the cut only; everything before it is frozen and in evaluation mode.
    void train_from(Cut cut);
    /// Parameters that train_from() left trainable.
    [[nodiscard]] std::vector<torch::Tensor> trained_parameters() const;
    [[nodiscard]] const Architecture& architecture() const { return architecture_; }

    torch::nn::Conv2d conv1{nullptr};
    torch::nn::BatchNorm2d bn1{nullptr};
    std::vector<std::vector<std::shared_ptr<BasicBlock>>> stages;   ///< layer1 to layer4
    torch::nn::Linear hidden{nullptr};                              ///< null without head_width
    torch::nn::Linear fc{nullptr};

private:
    Architecture architecture_;
};

/// Whether a tensor belongs to the head ("fc.*", "hidden.*").
[[nodiscard]] bool is_head(const std::string& tensor_name);

}  // namespace ekya
