#pragma once
#include <torch/torch.h>

#include <optional>
#include <vector>

#include "augmentation.hpp"
#include "folded_network.hpp"

namespace ekya {

/// Accuracy on held-out samples, again and again while a network is trained. What the frozen layers
/// put out is kept.
class Evaluator {
public:
    Evaluator() = default;
    /// @param inputs what the layers before the cut put out for the held-out crops, and their
    /// places
    Evaluator(Cut cut, NetworkInput inputs, std::vector<int> labels);
    /// None if nothing is held out.
    [[nodiscard]] std::optional<double> accuracy(const Network& network) const;

private:
    Cut cut_ = Cut::image;
    NetworkInput inputs_;
    std::vector<int> labels_;
};

}  // namespace ekya
