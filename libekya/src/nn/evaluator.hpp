#pragma once
#include <torch/torch.h>

#include <optional>
#include <vector>

#include "folded_network.hpp"

namespace ekya {

/// Accuracy on held-out samples, again and again while a network is trained. What the frozen layers put out is kept.
class Evaluator {
public:
    Evaluator() = default;
    /// @param inputs what the layers before the cut put out for the held-out crops; undefined = nothing held out
    Evaluator(Cut cut, torch::Tensor inputs, std::vector<int> labels);
    /// None if nothing is held out.
    [[nodiscard]] std::optional<double> accuracy(const Network& network) const;

private:
    Cut cut_ = Cut::image;
    torch::Tensor inputs_;
    std::vector<int> labels_;
};

}  // namespace ekya
