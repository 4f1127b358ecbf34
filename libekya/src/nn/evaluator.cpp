#include "evaluator.hpp"

#include <algorithm>
#include <utility>

#include "inference.hpp"

namespace ekya {

Evaluator::Evaluator(Cut cut, torch::Tensor inputs, std::vector<int> labels)
    : cut_(cut), inputs_(std::move(inputs)), labels_(std::move(labels)) {}

std::optional<double> Evaluator::accuracy(const Network& network) const {
    if (labels_.empty()) return std::nullopt;
    const FoldedNetwork folded(network);
    const auto chunk = static_cast<std::int64_t>(inference_chunk(inputs_.device()));
    std::vector<torch::Tensor> logits;
    for (std::int64_t first = 0; first < inputs_.size(0); first += chunk)
        logits.push_back(folded.behind(cut_, inputs_.narrow(0, first, std::min(chunk, inputs_.size(0) - first))));
    return share_correct(predictions(torch::cat(logits)), labels_);
}

}  // namespace ekya
