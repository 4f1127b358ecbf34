#pragma once
#include <torch/torch.h>

#include <cstddef>
#include <filesystem>
#include <vector>

#include "crop_tensor.hpp"
#include "ekya/nn/precision.hpp"
#include "ekya/nn/prediction.hpp"
#include "ekya/nn/samples.hpp"
#include "folded_network.hpp"

namespace ekya {

/// Pictures that go through a network at once. On the CPU 64 crops are up to a third faster than
/// 256, whose activations leave the cache; of frames, which are larger, 8 are faster than 64 and
/// their activations take an eighth of the memory.
[[nodiscard]] inline std::size_t inference_chunk(const torch::Device& device, bool frames = false) {
    if (device.is_cpu()) return frames ? 8 : 64;
    return 256;
}

/// A stored model ready to answer. @throws InputError for weights that do not fit
[[nodiscard]] FoldedNetwork load_folded(const Architecture& architecture,
                                        const std::filesystem::path& weights,
                                        const torch::Device& device, Precision precision);

/// Most probable class of every row of logits [N, classes].
[[nodiscard]] std::vector<Prediction> predictions(const torch::Tensor& logits);

/// One prediction per crop, in order.
[[nodiscard]] std::vector<Prediction> classify(const FoldedNetwork& network, const CropBatch& crops,
                                               int input_size, const torch::Device& device);

/// What the head is given for each crop, [crops, C] row after row.
[[nodiscard]] std::vector<float> features(const FoldedNetwork& network, const CropBatch& crops,
                                          int input_size, const torch::Device& device);

/// Share of predictions that equal their label. @throws DomainError without labels or if the
/// numbers differ
[[nodiscard]] double share_correct(const std::vector<Prediction>& predictions,
                                   const std::vector<int>& labels);

}  // namespace ekya
