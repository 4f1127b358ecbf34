#include "distillation.hpp"

#include <algorithm>

#include "state_dict.hpp"

namespace ekya {
namespace {

constexpr double temperature = 2;

FoldedNetwork load(const TrainingJob& job, const torch::Device& device) {
    Network network(job.start_architecture.value_or(job.architecture));
    load_state(network, *job.start_weights, HeadPolicy::exact);
    network.to(device);
    return FoldedNetwork(network);
}

}  // namespace

Distillation::Distillation(const TrainingJob& job, Cut cut, const torch::Device& device)
    : previous_(load(job, device)), cut_(cut), weight_(job.distillation) {}

torch::Tensor Distillation::blend(const torch::Tensor& loss, const NetworkInput& inputs,
                                  const torch::Tensor& logits) const {
    torch::Tensor wanted;
    {
        const torch::NoGradGuard no_grad;
        wanted = previous_.behind(cut_, inputs.values, inputs.places);
    }
    const auto classes = std::min(wanted.size(1), logits.size(1));
    const auto target = (wanted.narrow(1, 0, classes) / temperature).softmax(1);
    const auto answer = (logits.narrow(1, 0, classes) / temperature).log_softmax(1);
    const auto divergence =
        torch::kl_div(answer, target, at::Reduction::Sum) / static_cast<double>(logits.size(0));
    return loss * (1 - weight_) + divergence * (weight_ * temperature * temperature);
}

}  // namespace ekya
