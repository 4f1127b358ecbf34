#pragma once
#include <torch/torch.h>

#include "ekya/nn/training.hpp"
#include "folded_network.hpp"
#include "objective.hpp"

namespace ekya {

/// Holds a network near what the one it started from answers, on whatever it is shown, so that it
/// forgets less.
class Distillation {
public:
    /// Loads the job's start weights once more, as they are. @throws InputError if they do not fit
    /// their architecture
    Distillation(const TrainingJob& job, Cut cut, const torch::Device& device);

    /// (1 - w) loss + w * divergence. Inputs are what lies before the cut, which both networks
    /// share.
    /// @param outputs of the trained network; those behind the previous one's classes are left
    /// alone
    [[nodiscard]] torch::Tensor blend(const torch::Tensor& loss, const NetworkInput& inputs,
                                      const torch::Tensor& outputs,
                                      const Objective& objective) const;

private:
    FoldedNetwork previous_;
    Cut cut_;
    double weight_;
};

}  // namespace ekya
