#include "optimiser.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ekya {

namespace {

constexpr double momentum = 0.9;

/// Those that a gradient has reached, with their gradients and momenta.
struct Reached {
    std::vector<torch::Tensor> parameters, gradients, momenta;
};

#define EKYA_HAS_FUSED_SGD \
    (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4))

}  // namespace

Optimiser::Optimiser(const Network& network) : weights_{{}, {}, 5e-4}, others_{{}, {}, 0} {
    for (const auto& parameter : network.trained_parameters())
        (parameter.dim() > 1 ? weights_ : others_).parameters.push_back(parameter);
    for (Group* group : {&weights_, &others_}) group->momenta.resize(group->parameters.size());
}

void Optimiser::zero_grad() {
    for (Group* group : {&weights_, &others_})
        for (auto& parameter : group->parameters) parameter.mutable_grad().reset();
}

std::vector<torch::Tensor*> Optimiser::momenta() {
    std::vector<torch::Tensor*> all;
    for (Group* group : {&weights_, &others_})
        for (auto& momentum_of_one : group->momenta) all.push_back(&momentum_of_one);
    return all;
}

void Optimiser::step(double learning_rate) {
    weights_.step(learning_rate);
    others_.step(learning_rate);
}

void Optimiser::Group::step(double learning_rate) {
    const torch::NoGradGuard no_grad;
    Reached now, before;  // those for the first time, and all others
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto& gradient = parameters[i].grad();
        if (!gradient.defined()) continue;
        const bool first = !momenta[i].defined();
        if (first) momenta[i] = torch::empty_like(gradient);
        auto& group = first ? now : before;
        group.parameters.push_back(parameters[i]);
        group.gradients.push_back(gradient);
        group.momenta.push_back(momenta[i]);
    }
    for (const bool first : {true, false}) {
        auto& r = first ? now : before;
        if (r.parameters.empty()) continue;
#if EKYA_HAS_FUSED_SGD
        if (r.parameters.front().is_cuda()) {
            at::_fused_sgd_(r.parameters, r.gradients, r.momenta, weight_decay, momentum,
                            learning_rate, /*dampening=*/0, /*nesterov=*/true, /*maximize=*/false,
                            first);
            continue;
        }
#endif
        if (weight_decay != 0)
            r.gradients = at::_foreach_add(r.gradients, r.parameters, weight_decay);
        if (first) {
            for (std::size_t i = 0; i < r.momenta.size(); ++i) r.momenta[i].copy_(r.gradients[i]);
        } else {
            at::_foreach_mul_(r.momenta, momentum);
            at::_foreach_add_(r.momenta, r.gradients);
        }
        at::_foreach_add_(r.parameters, at::_foreach_add(r.gradients, r.momenta, momentum),
                          -learning_rate);
    }
}

double learning_rate_at(std::int64_t step, std::int64_t steps, double highest) {
    const std::int64_t warm_up = std::min<std::int64_t>(20, steps / 10);
    if (step < warm_up)
        return highest * static_cast<double>(step + 1) / static_cast<double>(warm_up + 1);
    const auto remaining = std::max<std::int64_t>(1, steps - warm_up);
    const double done = static_cast<double>(step - warm_up) / static_cast<double>(remaining);
    return highest * (0.01 + 0.99 * 0.5 * (1 + std::cos(std::numbers::pi * done)));
}

torch::Tensor class_weights(const std::vector<int>& labels, int classes) {
    std::vector<double> counts(static_cast<std::size_t>(classes), 0.0);
    for (const int label : labels) ++counts[static_cast<std::size_t>(label)];
    const double commonest = *std::max_element(counts.begin(), counts.end());

    auto weights = torch::ones({classes});
    double sum = 0;
    for (std::int64_t i = 0; i < classes; ++i) {
        const double count = counts[static_cast<std::size_t>(i)];
        const double weight = std::min(4.0, std::sqrt(commonest / std::max(count, 1.0)));
        weights[i] = weight;
        sum += weight * count;
    }
    return weights * (static_cast<double>(labels.size()) / sum);
}

}  // namespace ekya
