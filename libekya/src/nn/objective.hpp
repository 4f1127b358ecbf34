#pragma once
#include <torch/torch.h>

#include <memory>
#include <optional>
#include <vector>

#include "folded_network.hpp"
#include "random.hpp"
#include "training_set.hpp"

namespace ekya {

/// What a task asks of a training: its samples as tensors, its loss and its score.
class Objective {
public:
    virtual ~Objective() = default;

    /// How many samples of the job are left after data_fraction.
    struct Used {
        int fresh = 0, exemplars = 0;
    };
    [[nodiscard]] virtual Used used() const = 0;
    /// Class index of each of them, fresh ones first, as far as samples have one.
    [[nodiscard]] virtual const std::vector<int>& labels() const = 0;
    /// They, as the network takes them.
    [[nodiscard]] virtual NetworkInput samples() const = 0;
    /// Held-out samples, likewise; none without any.
    [[nodiscard]] virtual std::optional<NetworkInput> held_out() const = 0;
    /// A changed copy, each picture by numbers of its own.
    [[nodiscard]] virtual NetworkInput augmented(const NetworkInput& inputs,
                                                 Random& random) const = 0;
    /// @param outputs of the network, float32   @return a scalar
    [[nodiscard]] virtual torch::Tensor loss(const torch::Tensor& outputs,
                                             const TrainingSet::Batch& batch) const = 0;
    /// Gradients of a greater length are shortened to it; 0 = none are.
    [[nodiscard]] virtual double most_gradient() const { return 0; }
    /// How far outputs are from those of another network of perhaps fewer classes, a scalar.
    [[nodiscard]] virtual torch::Tensor divergence(const torch::Tensor& outputs,
                                                   const torch::Tensor& wanted) const = 0;
    /// Of the outputs for the held-out samples, in [0, 1].
    [[nodiscard]] virtual double score(const torch::Tensor& outputs) const = 0;
    /// Of a network on them, from their pictures on.
    [[nodiscard]] virtual double score(const FoldedNetwork& network) const = 0;
};

/// Crops and their classes: cross entropy with label smoothing and class weights; the share
/// answered rightly.
[[nodiscard]] std::unique_ptr<Objective> classification_objective(const TrainingJob& job,
                                                                  const torch::Device& device);

/// Frames and their boxes: the loss of the network's head (detection_head.hpp); F1.
[[nodiscard]] std::unique_ptr<Objective> detection_objective(const TrainingJob& job,
                                                             const torch::Device& device);

/// Kullback-Leibler divergence of class probabilities at temperature 2, times its square.
[[nodiscard]] torch::Tensor class_divergence(const torch::Tensor& logits,
                                             const torch::Tensor& wanted);

}  // namespace ekya
