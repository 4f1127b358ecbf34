#include <doctest/doctest.h>

#include "folded_resnet.hpp"
#include "small_network.hpp"

using namespace ekya;

namespace {

/// A network whose batch norms are far from the identity.
std::shared_ptr<ResNet18> unsettled_network(int head_width, int input_size) {
    auto architecture = test::small_architecture(head_width);
    architecture.input_size = input_size;
    auto network = std::make_shared<ResNet18>(architecture, 5);
    const torch::NoGradGuard no_grad;
    auto generator = at::detail::createCPUGenerator(3);
    for (auto& entry : network->named_parameters())
        if (entry.value().dim() == 1) entry.value().uniform_(0.5, 1.5, generator);
    for (auto& entry : network->named_buffers())
        if (entry.value().dim() == 1) entry.value().uniform_(0.3, 2, generator);
    network->eval();
    return network;
}

}  // namespace

TEST_CASE("FoldedResNet18: the same logits as the network with its batch norms, to 1e-4") {
    for (const int head_width : {0, 8})
        for (const int input_size : {32, 64}) {
            const auto network = unsettled_network(head_width, input_size);
            const FoldedResNet18 folded(*network);
            const auto images = torch::randn({4, 3, input_size, input_size}, at::detail::createCPUGenerator(1));
            const torch::NoGradGuard no_grad;
            const auto expected = network->forward(images);
            CHECK(torch::allclose(folded.forward(images), expected, 1e-4, 1e-4));
            for (const Cut cut : {Cut::last_stage, Cut::head})
                CHECK(torch::allclose(folded.behind(cut, folded.before(cut, images)), expected, 1e-4, 1e-4));
        }
}

TEST_CASE("FoldedResNet18: a snapshot, later training does not reach it") {
    const auto network = unsettled_network(0, 32);
    const FoldedResNet18 folded(*network);
    const auto images = torch::ones({1, 3, 32, 32});
    const auto before = folded.forward(images);
    const torch::NoGradGuard no_grad;
    for (auto& parameter : network->parameters()) parameter.zero_();
    CHECK(torch::equal(folded.forward(images), before));
}
