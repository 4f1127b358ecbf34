#include <doctest/doctest.h>
#include <torch/script.h>

#include <fstream>

#include "ekya/core/errors.hpp"
#include "ekya/nn/script_classifier.hpp"
#include "synthetic.hpp"

using namespace ekya;

namespace {

/// Writes a network whose forward(self, x) is this body.
std::filesystem::path script(const test::TemporaryDirectory& directory, const std::string& body) {
    torch::jit::Module module("Network");
    module.define("def forward(self, x):\n    " + body + "\n");
    const auto path = directory / "network.pt";
    module.save(path.string());
    return path;
}

CropBatch green_and_blue() {
    CropBatch crops{8, {}};
    for (const int channel : {1, 2})
        for (int pixel = 0; pixel < 64; ++pixel)
            for (int c = 0; c < 3; ++c) crops.rgb.push_back(c == channel ? 255 : 0);
    return crops;
}

const ScriptClassifierOptions small{32, false, 1};

}  // namespace

TEST_CASE("ScriptClassifier: scores become predictions") {
    const test::TemporaryDirectory directory;
    ScriptClassifier classifier(script(directory, "return x.mean([2, 3]) * 50.0"), "cpu", small);
    const auto found = classifier.classify(green_and_blue());
    REQUIRE(found.size() == 2);
    CHECK(found[0].class_index == 1);
    CHECK(found[1].class_index == 2);
    CHECK(found[0].probability == doctest::Approx(1));
    CHECK(classifier.classify({}).empty());
}

TEST_CASE("ScriptClassifier: ImageNet normalisation and input size reach the network") {
    const test::TemporaryDirectory directory;
    const std::string body = "return (x.mean([2, 3]) + 0.4).clamp(0.0, 1.0) * float(x.size(3))";
    ScriptClassifier classifier(script(directory, body), "cpu", {16, true, 4});
    const auto found = classifier.classify(
        {8, std::vector<std::uint8_t>(8 * 8 * 3, 124)});  // near ImageNet's mean
    CHECK(found[0].probability < 0.99);
    CHECK(found[0].class_index == 2);  // blue has the lowest mean
}

TEST_CASE(
    "ScriptClassifier: a broken file or network is an input error that names the file, in one "
    "line") {
    const test::TemporaryDirectory directory;
    const auto broken = directory / "broken.pt";
    std::ofstream(broken) << "not a network";
    const auto unreadable =
        test::message_of<InputError>([&] { ScriptClassifier(broken, "cpu", small); });
    CHECK(unreadable.starts_with(broken.string() + ": no TorchScript file"));
    CHECK_FALSE(test::contains(unreadable, "\n"));
    CHECK_THROWS_AS(ScriptClassifier(directory / "absent.pt", "cpu", small), InputError);

    ScriptClassifier wrong_shape(script(directory, "return x"), "cpu", small);
    CHECK(test::contains(test::message_of<InputError>(
                             [&] { static_cast<void>(wrong_shape.classify(green_and_blue())); }),
                         "puts out [1, 3, 32, 32], expected [1, classes]"));
    ScriptClassifier failing(script(directory, "return x.view([7])"), "cpu", small);
    CHECK(test::contains(test::message_of<InputError>(
                             [&] { static_cast<void>(failing.classify(green_and_blue())); }),
                         "fails on an input of [1, 3, 32, 32]"));
}
