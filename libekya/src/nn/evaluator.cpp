#include "evaluator.hpp"

#include <algorithm>
#include <utility>

#include "ekya/device/device.hpp"
#include "inference.hpp"

namespace ekya {

Evaluator::Evaluator(Cut cut, NetworkInput inputs, std::vector<int> labels)
    : cut_(cut), inputs_(std::move(inputs)), labels_(std::move(labels)) {}

std::optional<double> Evaluator::accuracy(const Network& network) const {
    if (labels_.empty()) return std::nullopt;
    const DeviceWork work(inputs_.values.device().str());
    const FoldedNetwork folded(network);
    const auto chunk = static_cast<std::int64_t>(inference_chunk(inputs_.values.device()));
    std::vector<torch::Tensor> logits;
    for (std::int64_t first = 0; first < inputs_.values.size(0); first += chunk) {
        const auto count = std::min(chunk, inputs_.values.size(0) - first);
        const auto places =
            inputs_.places.defined() ? inputs_.places.narrow(0, first, count) : torch::Tensor();
        logits.push_back(folded.behind(cut_, inputs_.values.narrow(0, first, count), places));
    }
    return share_correct(predictions(torch::cat(logits)), labels_);
}

}  // namespace ekya
