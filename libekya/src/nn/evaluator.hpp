#pragma once
#include <torch/torch.h>

#include <utility>

#include "folded_network.hpp"

namespace ekya {

/// What a network answers for the held-out samples, again and again while it is trained. What the
/// frozen layers put out is kept.
class Evaluator {
public:
    Evaluator() = default;
    /// @param inputs what the layers before the cut put out for the held-out samples
    Evaluator(Cut cut, NetworkInput inputs) : cut_(cut), inputs_(std::move(inputs)) {}
    /// float32; undefined if nothing is held out.
    [[nodiscard]] torch::Tensor outputs(const Network& network) const;

private:
    Cut cut_ = Cut::image;
    NetworkInput inputs_;
};

}  // namespace ekya
