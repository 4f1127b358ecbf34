#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "augmentation.hpp"
#include "ekya/nn/training.hpp"
#include "folded_network.hpp"
#include "random.hpp"

namespace ekya {

/// Which samples of a job are used after data_fraction.
struct Selection {
    std::vector<std::size_t> fresh, exemplars;  ///< indices into the job's samples
    std::vector<int> labels;                    ///< of the fresh ones, then of the exemplars
};
/// @throws InputError if nothing is left to train on; DomainError for labels out of range
[[nodiscard]] Selection select_samples(const TrainingJob& job);

/// What the trained layers learn from, on the device, ready to be drawn in batches: crops, or what
/// frozen layers put out for them. Of the latter there are several variants of each sample, made
/// from augmented crops.
class TrainingSet {
public:
    /// @param inputs values [variants * N, 3, S, S] channels-last or [variants * N, C], places as
    /// many; sample i of variant v is
    ///               row v * N + i
    TrainingSet(const NetworkInput& inputs, const std::vector<int>& labels,
                const torch::Device& device);

    struct Batch {
        NetworkInput inputs;   ///< valid until the next call of batch()
        torch::Tensor labels;  ///< [n] int64
    };
    [[nodiscard]] std::int64_t count() const { return labels_.size(0); }
    /// The samples at these indices, a random variant of each.
    [[nodiscard]] Batch batch(const std::vector<std::int64_t>& indices, Random& random);

private:
    torch::Tensor rows_;  ///< samples in the first dimension, contiguous
    torch::Tensor places_;
    torch::Tensor labels_;
    torch::Tensor buffer_;  ///< reused by all batches
    std::int64_t variants_;
    bool image_;  ///< rows are [h, w, C], given out as [C, h, w] channels-last
};

/// Sizes of the batches of an epoch: as even as can be and at most one more than asked for, so that
/// there is no tiny last batch; one sample alone is left only if there is but one.
[[nodiscard]] std::vector<std::int64_t> batch_sizes(std::int64_t samples, std::int64_t batch_size);

/// What the layers before the cut put out for these crops, `variants` times over: first as they
/// are, then augmented; and the places that go with it.
[[nodiscard]] NetworkInput frozen_outputs(const FoldedNetwork& network, Cut cut,
                                          const NetworkInput& crops, int variants,
                                          const Augmentation& amount, Random& random,
                                          const std::function<void()>& between_batches);

}  // namespace ekya
