#pragma once
#include <torch/torch.h>

#include <optional>
#include <vector>

#include "resnet.hpp"

namespace ekya {

/// ResNet18 for inference: every batch norm (in evaluation mode, a scale and a shift) is folded into the convolution
/// before it. A snapshot: it shares no memory with the network it was made from.
class FoldedResNet18 {
public:
    explicit FoldedResNet18(const ResNet18& network);

    /// @param x [N, 3, S, S] float32, normalised   @return logits [N, classes]
    [[nodiscard]] torch::Tensor forward(const torch::Tensor& x) const { return behind(Cut::image, x); }
    /// What the layers before the cut put out: the image itself, [N, C, h, w] or [N, C].
    [[nodiscard]] torch::Tensor before(Cut cut, const torch::Tensor& x) const;
    /// Logits from what before() gave.
    [[nodiscard]] torch::Tensor behind(Cut cut, const torch::Tensor& x) const;

private:
    struct Convolution {
        torch::Tensor weight, bias;
        std::int64_t stride, padding;
        torch::Tensor operator()(const torch::Tensor& x) const {
            return torch::conv2d(x, weight, bias, stride, padding);
        }
    };
    struct Block {
        Convolution first, second;
        std::optional<Convolution> downsample;
        torch::Tensor operator()(const torch::Tensor& x) const;
    };
    static Convolution fold(const torch::nn::Conv2dImpl& convolution, const torch::nn::BatchNorm2dImpl& norm);
    [[nodiscard]] torch::Tensor front(const torch::Tensor& x) const;
    [[nodiscard]] torch::Tensor last_stage(torch::Tensor x) const;

    Convolution stem_;
    bool pool_;
    std::vector<Block> front_, last_stage_;
    torch::Tensor hidden_weight_, hidden_bias_;   ///< undefined without a hidden layer
    torch::Tensor weight_, bias_;
};

}  // namespace ekya
