#include <doctest/doctest.h>
#include <torch/script.h>

#include <fstream>
#include <sstream>

#include "ekya/core/errors.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/nn/script_classifier.hpp"
#include "ekya/nn/script_export.hpp"
#include "ekya/nn/weights.hpp"
#include "small_network.hpp"
#include "state_dict.hpp"
#include "synthetic.hpp"

using namespace ekya;

namespace {

const std::vector<std::string> classes{"car", "bus", "sign"};

/// Weights whose batch norms are far from the identity.
std::filesystem::path unsettled_weights(const test::TemporaryDirectory& directory,
                                        const Architecture& architecture) {
    Network network(architecture, 5);
    const torch::NoGradGuard no_grad;
    auto generator = at::detail::createCPUGenerator(3);
    for (auto& entry : network.named_parameters())
        if (entry.value().dim() == 1) entry.value().uniform_(0.5, 1.5, generator);
    for (auto& entry : network.named_buffers())
        if (entry.value().dim() == 1) entry.value().uniform_(0.3, 2, generator);
    save_state(network, directory / "weights.pt");
    return directory / "weights.pt";
}

}  // namespace

TEST_CASE("export_script: the script answers as the classifier does") {
    const test::TemporaryDirectory directory;
    auto samples = test::striped_crops(40, 1);
    for (int i = 0; i < 40; ++i)
        samples.crops.places.push_back(
            {0.02F * static_cast<float>(i), 0.7F, 0.01F * static_cast<float>(i), 0.3F});
    for (const auto& name : network_names())
        for (const int head_width : {0, 8}) {
            CAPTURE(name);
            auto architecture = test::small_architecture(head_width);
            architecture.network = name;
            architecture.place_width = head_width / 2;
            const auto weights = unsettled_weights(directory, architecture);
            std::ofstream(directory / "script.pt", std::ios::binary)
                << export_script(architecture, weights, classes);
            const auto expected = Classifier(architecture, weights).classify(samples.crops);
            // Whoever asks for ImageNet's normalisation does not get it: the script standardises by
            // itself.
            for (const bool imagenet : {false, true}) {
                ScriptClassifier script(directory / "script.pt", "cpu", {32, imagenet, 16});
                const auto found = script.classify(samples.crops);
                REQUIRE(found.size() == expected.size());
                for (std::size_t i = 0; i < found.size(); ++i) {
                    CHECK(found[i].class_index == expected[i].class_index);
                    CHECK(found[i].probability ==
                          doctest::Approx(expected[i].probability).epsilon(1e-4));
                }
            }
        }
}

TEST_CASE("export_script: a script that takes places says so and refuses crops without them") {
    const test::TemporaryDirectory directory;
    auto architecture = test::small_architecture();
    architecture.place_width = 4;
    std::ofstream(directory / "script.pt", std::ios::binary)
        << export_script(architecture, unsettled_weights(directory, architecture), classes);
    CHECK(torch::jit::load((directory / "script.pt").string()).attr("takes_places").toBool());
    ScriptClassifier script(directory / "script.pt", "cpu", {32, false, 16});
    const auto message = test::message_of<DomainError>(
        [&] { (void)script.classify(test::striped_crops(4, 1).crops); });
    CHECK(test::contains(message, "places in the frame are unknown"));
}

TEST_CASE("export_script: tells its input size and classes, and takes other sizes") {
    const test::TemporaryDirectory directory;
    const auto architecture = test::small_architecture();
    std::istringstream bytes(
        export_script(architecture, unsettled_weights(directory, architecture), classes));
    auto module = torch::jit::load(bytes);
    CHECK(module.attr("input_size").toInt() == 32);
    CHECK(module.attr("classes").toListRef()[2].toStringRef() == "sign");
    std::ofstream(directory / "script.pt", std::ios::binary)
        << export_script(architecture, directory / "weights.pt", classes);
    CHECK(ScriptClassifier(directory / "script.pt").classes() == classes);
    CHECK(module.forward({torch::rand({2, 3, 48, 48})}).toTensor().sizes() ==
          at::IntArrayRef({2, 3}));
}

TEST_CASE(
    "export_script: the script starts a training again only as what it is, a network without batch "
    "norms") {
    const test::TemporaryDirectory directory;
    const auto architecture = test::small_architecture();
    std::ofstream(directory / "script.pt", std::ios::binary)
        << export_script(architecture, unsettled_weights(directory, architecture), classes);
    Network network(architecture, 1);
    const auto message = test::message_of<InputError>(
        [&] { load_state(network, directory / "script.pt", HeadPolicy::may_be_other); });
    CHECK(test::contains(message, "script.pt: tensor conv1.weight: is missing"));
}

TEST_CASE("export_script: weights of another architecture are refused") {
    const test::TemporaryDirectory directory;
    const auto architecture = test::small_architecture();
    const auto weights = unsettled_weights(directory, architecture);
    auto other = architecture;
    other.network = "mobilenet_v2";
    CHECK_THROWS_AS(static_cast<void>(export_script(other, weights, classes)), InputError);
}
