#include "distillation.hpp"

#include "onnx_weights.hpp"
#include "start_weights.hpp"
#include "state_dict.hpp"

namespace ekya {
namespace {

FoldedNetwork load(const TrainingJob& job, const torch::Device& device) {
    Network network(job.start_architecture.value_or(job.architecture));
    if (is_onnx(*job.start_weights))
        load_start(network, job);
    else
        load_state(network, *job.start_weights, HeadPolicy::exact);
    network.to(device);
    return FoldedNetwork(network);
}

}  // namespace

Distillation::Distillation(const TrainingJob& job, Cut cut, const torch::Device& device)
    : previous_(load(job, device)), cut_(cut), weight_(job.distillation) {}

torch::Tensor Distillation::blend(const torch::Tensor& loss, const NetworkInput& inputs,
                                  const torch::Tensor& outputs, const Objective& objective) const {
    const torch::Tensor wanted = [&] {
        const torch::NoGradGuard no_grad;
        return previous_.behind(cut_, inputs);
    }();
    return loss * (1 - weight_) + objective.divergence(outputs, wanted) * weight_;
}

}  // namespace ekya
