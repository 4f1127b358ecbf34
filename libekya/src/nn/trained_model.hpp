#pragma once
#include <memory>

#include "ekya/nn/training.hpp"
#include "folded_resnet.hpp"

namespace ekya {

class TrainedModel::Implementation {
public:
    Implementation(std::shared_ptr<ResNet18> trained, const torch::Device& where)
        : network(std::move(trained)), folded(*network), device(where) {}

    std::shared_ptr<ResNet18> network;
    FoldedResNet18 folded;
    torch::Device device;
};

}  // namespace ekya
