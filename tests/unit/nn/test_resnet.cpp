#include <doctest/doctest.h>

#include <set>
#include <string>

#include "ekya/core/errors.hpp"
#include "ekya/nn/weights.hpp"
#include "resnet.hpp"
#include "small_network.hpp"

using namespace ekya;

TEST_CASE("ResNet18: the published network has 11,689,512 parameters") {
    CHECK(parameter_count({"resnet18", 1.0, 224, 0, 1000}) == 11'689'512);
}

TEST_CASE("scaled_channels: multiples of 8, at least 8") {
    CHECK(scaled_channels(64, 1.0) == 64);
    CHECK(scaled_channels(64, 0.25) == 16);
    CHECK(scaled_channels(64, 0.3) == 16);
    CHECK(scaled_channels(64, 0.02) == 8);
    CHECK(scaled_channels(512, 0.5) == 256);
}

TEST_CASE("ResNet18: width and hidden layer show in the shapes") {
    ResNet18 network({"resnet18", 0.25, 32, 24, 5}, 1);
    CHECK(network.conv1->weight.sizes() == at::IntArrayRef({16, 3, 3, 3}));
    CHECK(network.hidden->weight.sizes() == at::IntArrayRef({24, 128}));
    CHECK(network.fc->weight.sizes() == at::IntArrayRef({5, 24}));
    CHECK(network.forward(torch::zeros({2, 3, 32, 32})).sizes() == at::IntArrayRef({2, 5}));
}

TEST_CASE("ResNet18: every stem gives logits, at its own size and at others") {
    for (const int size : {16, 32, 48, 49, 64, 128, 224}) {
        auto architecture = test::small_architecture();
        architecture.input_size = size;
        ResNet18 network(architecture, 1);
        network.eval();
        const torch::NoGradGuard no_grad;
        CHECK(network.forward(torch::zeros({1, 3, size, size})).sizes() == at::IntArrayRef({1, 3}));
        CHECK(network.forward(torch::zeros({1, 3, 40, 40})).sizes() == at::IntArrayRef({1, 3}));
    }
    CHECK(stem_for(128).kernel == 7);
    CHECK(stem_for(49).pool);
    CHECK_FALSE(stem_for(48).pool);
}

TEST_CASE("ResNet18: tensor names are torchvision's") {
    const ResNet18 network({"resnet18", 0.125, 32, 0, 3}, 1);
    std::set<std::string> names;
    for (const auto& entry : network.named_parameters()) names.insert(entry.key());
    for (const auto& entry : network.named_buffers()) names.insert(entry.key());
    CHECK(names.size() == 122);   // as torchvision.models.resnet18().state_dict()
    for (const char* const name : {"conv1.weight", "bn1.bias", "bn1.running_mean", "layer1.0.conv1.weight",
                                   "layer2.0.downsample.0.weight", "layer2.0.downsample.1.running_var",
                                   "layer4.1.bn2.num_batches_tracked", "fc.weight", "fc.bias"})
        CHECK_MESSAGE(names.contains(name), name);
}

TEST_CASE("ResNet18: the seed decides the weights") {
    const auto architecture = test::small_architecture();
    const ResNet18 first(architecture, 1), same(architecture, 1), other(architecture, 2);
    CHECK(torch::equal(first.conv1->weight, same.conv1->weight));
    CHECK_FALSE(torch::equal(first.conv1->weight, other.conv1->weight));
}

TEST_CASE("train_from: gradients and batch statistics behind the cut only") {
    ResNet18 network(test::small_architecture(8), 1);
    network.train_from(Cut::head);
    CHECK(network.trained_parameters().size() == 4);
    CHECK_FALSE(network.stages[3][1]->bn2->is_training());

    network.train_from(Cut::last_stage);
    CHECK(network.trained_parameters().size() == 4 + 15);
    CHECK(network.stages[3][1]->bn2->is_training());
    CHECK_FALSE(network.stages[2][1]->bn2->is_training());
    CHECK_FALSE(network.conv1->weight.requires_grad());

    network.train_from(Cut::image);
    CHECK(network.trained_parameters().size() == network.parameters().size());
    CHECK(network.bn1->is_training());
}

TEST_CASE("validate architecture: names the field") {
    const auto rejected = [](auto change) {
        auto architecture = test::small_architecture();
        change(architecture);
        CHECK_THROWS_AS(validate(architecture), DomainError);
    };
    rejected([](Architecture& a) { a.network = "vgg"; });
    rejected([](Architecture& a) { a.width = 0; });
    rejected([](Architecture& a) { a.input_size = 15; });
    rejected([](Architecture& a) { a.input_size = 225; });
    rejected([](Architecture& a) { a.head_width = -1; });
    rejected([](Architecture& a) { a.classes = 1; });
    CHECK_NOTHROW(validate(test::small_architecture()));
}
