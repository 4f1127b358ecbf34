#include "evaluator.hpp"

#include <algorithm>
#include <vector>

#include "ekya/device/device.hpp"
#include "inference.hpp"

namespace ekya {

torch::Tensor Evaluator::outputs(const Network& network) const {
    if (!inputs_.values.defined()) return {};
    const DeviceWork work(inputs_.values.device().str());
    const FoldedNetwork folded(network);
    const auto chunk =
        static_cast<std::int64_t>(inference_chunk(inputs_.values.device(), !inputs_.boxes.empty()));
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < inputs_.values.size(0); first += chunk) {
        const auto count = std::min(chunk, inputs_.values.size(0) - first);
        parts.push_back(folded.behind(cut_, inputs_.rows(first, count)));
    }
    return torch::cat(parts).to(torch::kFloat32);
}

}  // namespace ekya
