#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "network.hpp"

namespace ekya {

/// Stochastic gradient descent with Nesterov momentum 0.9. Weight decay 5e-4 on weights of
/// convolutions and linear layers; not on biases and batch norm, which it would only pull to a
/// smaller scale. All tensors are stepped at once, which on a GPU is one kernel instead of
/// hundreds.
class Optimiser {
public:
    explicit Optimiser(const Network& network);
    void zero_grad();
    void step(double learning_rate);
    /// One for each parameter, in their order; undefined until a gradient has reached it.
    [[nodiscard]] std::vector<torch::Tensor*> momenta();

private:
    struct Group {
        std::vector<torch::Tensor> parameters, momenta;
        double weight_decay;
        void step(double learning_rate);
    };
    Group weights_, others_;
};

/// Learning rate of step `step` out of `steps`: up in a straight line over the first tenth (20
/// steps at most: gradients through a new head or another batch size are large at first), then down
/// along a half cosine to nearly 0.
[[nodiscard]] double learning_rate_at(std::int64_t step, std::int64_t steps, double highest);

/// Weight of each class in the loss: inverse square root of its count, at most 4 times that of the
/// commonest class, mean over samples 1. The square root is the middle between serving common
/// classes and learning rare ones.
[[nodiscard]] torch::Tensor class_weights(const std::vector<int>& labels, int classes);

}  // namespace ekya
