#include <doctest/doctest.h>

#include "ekya/nn/weights.hpp"
#include "folded_network.hpp"
#include "small_network.hpp"

using namespace ekya;

namespace {

/// A network whose batch norms are far from the identity.
std::shared_ptr<Network> unsettled_network(const std::string& name, int head_width,
                                           int input_size) {
    auto architecture = test::small_architecture(head_width);
    architecture.network = name;
    architecture.input_size = input_size;
    auto network = make_network(architecture, 5);
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

TEST_CASE("FoldedNetwork: the same logits as the network with its batch norms, to 1e-4") {
    for (const auto& name : network_names())
        for (const int head_width : {0, 8})
            for (const int input_size : {32, 64}) {
                CAPTURE(name);
                const auto network = unsettled_network(name, head_width, input_size);
                const FoldedNetwork folded(*network);
                auto images =
                    torch::randn({4, 3, input_size, input_size}, at::detail::createCPUGenerator(1));
                const torch::NoGradGuard no_grad;
                for (const auto format :
                     {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
                    images = images.contiguous(format);
                    const auto expected = network->forward(images);
                    CHECK(torch::allclose(folded.forward(images), expected, 1e-4, 1e-4));
                    for (const Cut cut : {Cut::last_stage, Cut::head}) {
                        const auto between = folded.before(cut, {images});
                        CHECK(torch::allclose(folded.behind(cut, between), expected, 1e-4, 1e-4));
                        CHECK(torch::allclose(network->forward_from(cut, between), expected, 1e-4,
                                              1e-4));
                    }
                }
            }
}

TEST_CASE("FoldedNetwork: a snapshot, later training does not reach it") {
    const auto network = unsettled_network("mobilenet_v2", 0, 32);
    const FoldedNetwork folded(*network);
    const auto images = torch::ones({1, 3, 32, 32});
    const auto before = folded.forward(images);
    const torch::NoGradGuard no_grad;
    for (auto& parameter : network->parameters()) parameter.zero_();
    CHECK(torch::equal(folded.forward(images), before));
}
