#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "network_input.hpp"
#include "program.hpp"

namespace ekya {

/// A network of the zoo (zoo.hpp) that can be trained. Tensor names are torchvision's.
class Network : public torch::nn::Module {
public:
    /// For weights that are loaded next (state_dict.hpp): what it has until then is of no use.
    explicit Network(const Architecture& architecture);
    /// Weights after He et al. (ICCV 2015) drawn from the seed.
    Network(const Architecture& architecture, std::uint64_t seed);

    /// @param x [N, 3, H, W] float32, normalised   @param places [N, 4] (place.hpp), with
    /// place_width   @return logits [N, classes], of a detector as zoo.hpp says
    torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& places = {}) {
        return forward_from(Cut::image, {x, places});
    }
    /// What is behind the cut. @param x what the layers before it put out
    torch::Tensor forward_from(Cut cut, const NetworkInput& x);

    /// Gradients and batch statistics behind the cut only; everything before it is frozen and in
    /// evaluation mode.
    void train_from(Cut cut);
    /// Parameters that train_from() left trainable.
    [[nodiscard]] std::vector<torch::Tensor> trained_parameters() const;
    [[nodiscard]] const Architecture& architecture() const { return architecture_; }
    [[nodiscard]] const Program& program() const { return program_; }

    /// The modules of one operation; null where it has none of that kind.
    struct Layer {
        torch::nn::Conv2d convolution{nullptr};
        torch::nn::BatchNorm2d norm{nullptr};
        torch::nn::Linear linear{nullptr};
    };
    [[nodiscard]] const Layer& layer(std::size_t operation) const { return layers_[operation]; }

private:
    Architecture architecture_;
    Program program_;
    std::vector<Layer> layers_;  ///< one per operation
};

/// @throws DomainError naming the field of an architecture that cannot be built
[[nodiscard]] std::shared_ptr<Network> make_network(const Architecture& architecture,
                                                    std::uint64_t seed);

}  // namespace ekya
