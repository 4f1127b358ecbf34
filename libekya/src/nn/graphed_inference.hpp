#pragma once
#include <memory>
#include <vector>

#include "ekya/core/image.hpp"
#include "ekya/nn/prediction.hpp"
#include "folded_network.hpp"

namespace ekya {

/// A classifier's batches on a GPU as recorded graphs of kernels: crops in, classes out, one
/// launch. A small network spends most of its time on launches otherwise. Graphs are recorded per
/// batch size (powers of two; a batch is padded) and crop size, when first needed.
class GraphedInference {
public:
    /// @return null where there is no GPU to do that: on the CPU and in a build without CUDA
    [[nodiscard]] static std::shared_ptr<GraphedInference> of(const FoldedNetwork& network,
                                                              int input_size,
                                                              const torch::Device& device);
    virtual ~GraphedInference() = default;
    GraphedInference() = default;
    GraphedInference(const GraphedInference&) = delete;
    GraphedInference& operator=(const GraphedInference&) = delete;

    static constexpr std::size_t most_crops = 256;  ///< of a batch
    /// @param count at most most_crops
    [[nodiscard]] virtual std::vector<Prediction> classify(const CropBatch& crops,
                                                           std::size_t first,
                                                           std::size_t count) = 0;
};

}  // namespace ekya
