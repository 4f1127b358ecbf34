#include <doctest/doctest.h>

#include <set>
#include <string>

#include "ekya/nn/weights.hpp"
#include "network.hpp"
#include "small_network.hpp"

using namespace ekya;

namespace {

std::set<std::string> tensor_names(const std::string& name) {
    const Network network({name, 0.25, 32, 0, 3}, 1);
    std::set<std::string> names;
    for (const auto& entry : network.named_parameters()) names.insert(entry.key());
    for (const auto& entry : network.named_buffers()) names.insert(entry.key());
    return names;
}

/// The prefixes of all tensors that are trained from a cut.
bool only_trains(const Network& network, const std::vector<std::string>& prefixes) {
    bool all = true;
    for (const auto& entry : network.named_parameters()) {
        bool expected = false;
        for (const auto& prefix : prefixes) expected = expected || entry.key().starts_with(prefix);
        if (entry.value().requires_grad() != expected) MESSAGE(entry.key());
        all = all && entry.value().requires_grad() == expected;
    }
    return all;
}

const std::map<std::string, std::vector<std::string>> heads{
    {"resnet18", {"hidden.", "fc."}},
    {"mobilenet_v2", {"hidden.", "classifier.1."}},
    {"shufflenet_v2", {"hidden.", "fc."}}};
const std::map<std::string, std::vector<std::string>> last_stages{
    {"resnet18", {"layer4."}},
    {"mobilenet_v2",
     {"features.14.", "features.15.", "features.16.", "features.17.", "features.18."}},
    {"shufflenet_v2", {"stage4.", "conv5."}}};

}  // namespace

TEST_CASE("Network: width and hidden layer show in the shapes") {
    Network network({"resnet18", 0.25, 32, 24, 5}, 1);
    const auto parameters = network.named_parameters();
    CHECK(parameters["conv1.weight"].sizes() == at::IntArrayRef({16, 3, 3, 3}));
    CHECK(parameters["hidden.weight"].sizes() == at::IntArrayRef({24, 128}));
    CHECK(parameters["fc.weight"].sizes() == at::IntArrayRef({5, 24}));
    CHECK(network.forward(torch::zeros({2, 3, 32, 32})).sizes() == at::IntArrayRef({2, 5}));
}

TEST_CASE("Network: every start gives logits, at its own size and at others") {
    for (const auto& name : network_names())
        for (const int size : {16, 32, 48, 49, 64, 128, 224}) {
            auto network = make_network({name, 0.125, size, 0, 3}, 1);
            network->eval();
            const torch::NoGradGuard no_grad;
            CHECK(network->forward(torch::zeros({1, 3, size, size})).sizes() ==
                  at::IntArrayRef({1, 3}));
            CHECK(network->forward(torch::zeros({1, 3, 40, 40})).sizes() ==
                  at::IntArrayRef({1, 3}));
        }
}

TEST_CASE("Network: tensor names are torchvision's") {
    // As many as torchvision's state_dict() has.
    const auto resnet = tensor_names("resnet18"), mobilenet = tensor_names("mobilenet_v2"),
               shufflenet = tensor_names("shufflenet_v2");
    CHECK(resnet.size() == 122);
    for (const char* const name :
         {"conv1.weight", "bn1.bias", "bn1.running_mean", "layer1.0.conv1.weight",
          "layer2.0.downsample.0.weight", "layer2.0.downsample.1.running_var",
          "layer4.1.bn2.num_batches_tracked", "fc.weight", "fc.bias"})
        CHECK_MESSAGE(resnet.contains(name), name);
    CHECK(mobilenet.size() == 314);
    for (const char* const name :
         {"features.0.0.weight", "features.1.conv.0.1.bias", "features.1.conv.2.running_mean",
          "features.17.conv.1.0.weight", "features.17.conv.3.weight",
          "features.18.1.num_batches_tracked", "classifier.1.bias"})
        CHECK_MESSAGE(mobilenet.contains(name), name);
    CHECK(shufflenet.size() == 338);
    for (const char* const name :
         {"conv1.0.weight", "stage2.0.branch1.2.weight", "stage2.0.branch2.6.running_var",
          "stage3.7.branch2.3.weight", "conv5.1.bias", "fc.weight"})
        CHECK_MESSAGE(shufflenet.contains(name), name);
}

TEST_CASE("Network: the seed decides the weights") {
    for (const auto& name : network_names()) {
        const auto first = make_network({name, 0.125, 32, 0, 3}, 1),
                   same = make_network({name, 0.125, 32, 0, 3}, 1),
                   other = make_network({name, 0.125, 32, 0, 3}, 2);
        bool all_equal = true;
        const auto a = first->parameters(), b = same->parameters();
        for (std::size_t i = 0; i < a.size(); ++i)
            all_equal = all_equal && torch::equal(a[i], b[i]);
        CHECK(all_equal);
        CHECK_FALSE(torch::equal(a[0], other->parameters()[0]));
    }
}

TEST_CASE("Network: the same answer twice, the input untouched") {
    for (const auto& name : network_names()) {
        auto network = make_network({name, 0.25, 32, 8, 3}, 1);
        network->train_from(Cut::image);
        network->eval();
        const torch::NoGradGuard no_grad;
        const auto x = torch::randn({2, 3, 32, 32}, at::detail::createCPUGenerator(1));
        const auto untouched = x.clone();
        const auto once = network->forward(x);
        CHECK(torch::equal(once, network->forward(x)));
        CHECK(torch::equal(x, untouched));
        CHECK(once.isfinite().all().item<bool>());
        CHECK(once.std().item<double>() > 0);
    }
}

TEST_CASE("train_from: gradients and batch statistics behind the cut only") {
    for (const auto& name : network_names()) {
        CAPTURE(name);
        Network network({name, 0.125, 32, 8, 3}, 1);
        auto behind = heads.at(name);
        network.train_from(Cut::head);
        CHECK(network.trained_parameters().size() == 4);
        CHECK(only_trains(network, behind));

        behind.insert(behind.end(), last_stages.at(name).begin(), last_stages.at(name).end());
        network.train_from(Cut::last_stage);
        CHECK(only_trains(network, behind));
        std::map<std::string, torch::Tensor> before;
        for (const auto& entry : network.named_buffers())
            before[entry.key()] = entry.value().clone();
        const auto loss =
            network.forward(torch::randn({4, 3, 32, 32}, at::detail::createCPUGenerator(1)))
                .square()
                .sum();
        loss.backward();
        for (const auto& entry : network.named_buffers()) {
            bool expected = false;  // statistics move exactly where weights are trained
            for (const auto& prefix : behind)
                expected = expected || entry.key().starts_with(prefix);
            CHECK_MESSAGE(torch::equal(entry.value(), before[entry.key()]) != expected,
                          entry.key());
        }
        for (const auto& entry : network.named_parameters())
            CHECK_MESSAGE(entry.value().grad().defined() == entry.value().requires_grad(),
                          entry.key());

        network.train_from(Cut::image);
        CHECK(network.trained_parameters().size() == network.parameters().size());
    }
}
