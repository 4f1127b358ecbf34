#pragma once
#include <torch/torch.h>

#include <vector>

#include "network.hpp"

namespace ekya {

/// A network for inference: every batch norm (in evaluation mode, a scale and a shift) is folded
/// into the convolution before it. A snapshot: it shares no memory with the network it was made
/// from.
class FoldedNetwork {
public:
    /// @param type of weights and products, kFloat32 or kBFloat16
    explicit FoldedNetwork(const Network& network, torch::ScalarType type = torch::kFloat32);

    /// @param x [N, 3, H, W] float32, normalised   @param places [N, 4] (place.hpp), with
    /// place_width   @return logits [N, classes], of a detector as zoo.hpp says
    [[nodiscard]] torch::Tensor forward(const torch::Tensor& x,
                                        const torch::Tensor& places = {}) const {
        return behind(Cut::image, {x, places});
    }
    /// What the layers before the cut put out: the image itself, [N, C, h, w] or [N, C], of a
    /// detector the levels that are needed behind it too. Places and boxes stay as they are.
    [[nodiscard]] NetworkInput before(Cut cut, const NetworkInput& x) const;
    /// Logits from what before() gave.
    [[nodiscard]] torch::Tensor behind(Cut cut, const NetworkInput& x) const;

    /// What an operation multiplies with and adds; undefined for those that do neither.
    struct Weights {
        torch::Tensor weight, bias;
    };
    [[nodiscard]] const Program& program() const { return program_; }
    [[nodiscard]] bool takes_places() const {
        return program_.operations[program_.head].kind == Operation::Kind::place;
    }
    [[nodiscard]] const Weights& weights(std::size_t operation) const {
        return weights_[operation];
    }

private:
    [[nodiscard]] std::array<torch::Tensor, path_count> run(std::size_t first, std::size_t last,
                                                            const NetworkInput& x) const;

    Program program_;
    torch::ScalarType type_;
    std::vector<Weights> weights_;  ///< one per operation
};

}  // namespace ekya
