#include "optimiser.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

namespace ekya {

torch::optim::SGD make_optimiser(const Network& network) {
    const auto options = torch::optim::SGDOptions(1e-3).momentum(0.9).nesterov(true);
    std::vector<torch::Tensor> weights, others;
    for (const auto& parameter : network.trained_parameters())
        (parameter.dim() > 1 ? weights : others).push_back(parameter);

    auto decayed = torch::optim::OptimizerParamGroup(weights);
    const auto with_decay = torch::optim::SGDOptions(options).weight_decay(5e-4);
    decayed.set_options(std::make_unique<torch::optim::SGDOptions>(with_decay));
    auto plain = torch::optim::OptimizerParamGroup(others);
    plain.set_options(std::make_unique<torch::optim::SGDOptions>(options));
    return torch::optim::SGD(std::vector{decayed, plain}, options);
}

void set_learning_rate(torch::optim::SGD& optimiser, double learning_rate) {
    for (auto& group : optimiser.param_groups())
        static_cast<torch::optim::SGDOptions&>(group.options()).lr(learning_rate);
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
