#pragma once
#include <memory>

#include "ekya/nn/training.hpp"
#include "folded_network.hpp"

namespace ekya {

class TrainedModel::Implementation {
public:
    Implementation(std::shared_ptr<Network> trained, const torch::Device& where)
        : network(std::move(trained)), folded(*network), device(where) {}

    std::shared_ptr<Network> network;
    FoldedNetwork folded;
    torch::Device device;
};

}  // namespace ekya
