#pragma once
#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "ekya/nn/training.hpp"
#include "folded_network.hpp"
#include "network_input.hpp"
#include "random.hpp"

namespace ekya {

/// What the trained layers learn from, on the device, ready to be drawn in batches: crops, or what
/// frozen layers put out for them. Of the latter there are several variants of each sample, made
/// from augmented crops.
class TrainingSet {
public:
    /// @param inputs values [variants * N, C, h, w] channels-last or [variants * N, C], all else as
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
    /// One tensor of samples in its first dimension, and what batches of it are copied to.
    struct Rows {
        torch::Tensor all;     ///< contiguous; pictures as [h, w, C], given out as [C, h, w]
        torch::Tensor buffer;  ///< reused by all batches
        bool picture = false;
        [[nodiscard]] torch::Tensor take(const torch::Tensor& index);
    };
    [[nodiscard]] static Rows rows_of(const torch::Tensor& values);

    Rows rows_;
    std::array<Rows, 3> levels_;
    torch::Tensor places_;
    std::vector<std::vector<TargetBox>> boxes_;
    torch::Tensor labels_;
    std::int64_t variants_;
};

/// Sizes of the batches of an epoch: as even as can be and at most one more than asked for, so that
/// there is no tiny last batch; one sample alone is left only if there is but one.
[[nodiscard]] std::vector<std::int64_t> batch_sizes(std::int64_t samples, std::int64_t batch_size);

/// What the layers before the cut put out for these pictures, `variants` times over: first as they
/// are, then augmented; and what goes with them.
[[nodiscard]] NetworkInput frozen_outputs(
    const FoldedNetwork& network, Cut cut, const NetworkInput& pictures, int variants,
    const std::function<NetworkInput(const NetworkInput&)>& augmented,
    const std::function<void()>& between_batches);

}  // namespace ekya
