#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/video/onnx_classifier.hpp"
#include "onnx_writer.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

const std::vector<std::string> colours = {"red", "green", "blue"};

CropBatch plain_crops(int size, const std::vector<std::array<std::uint8_t, 3>>& rgb) {
    CropBatch crops{size, {}};
    for (const auto& colour : rgb) {
        for (int i = 0; i < size * size; ++i) {
            crops.rgb.insert(crops.rgb.end(), colour.begin(), colour.end());
        }
    }
    return crops;
}

OnnxClassifierOptions plain_pixels() {
    OnnxClassifierOptions options;
    options.mean = {0, 0, 0};
    options.deviation = {1, 1, 1};
    return options;
}

}  // namespace

TEST_CASE("OnnxClassifier: class and probability of each crop; crops of another size are resized") {
    const Scratch scratch;
    const auto crops = plain_crops(8, {{255, 0, 0}, {0, 0, 255}, {0, 204, 51}});
    for (const std::int64_t batch :
         {1, 2, 0}) {  // one at a time, in twos with one left over, as many as it likes
        CAPTURE(batch);
        write(scratch.file("m.onnx"), channel_means(batch, 16));
        OnnxClassifier classifier(scratch.file("m.onnx"), colours, plain_pixels());
        CHECK(classifier.input_size() == 16);
        const auto answers = classifier.classify(crops);
        REQUIRE(answers.size() == 3);
        CHECK(answers[0].class_index == 0);
        CHECK(answers[1].class_index == 2);
        CHECK(answers[2].class_index == 1);
        CHECK(answers[0].probability ==
              doctest::Approx(1).epsilon(0.001));  // {1, 0, 0} is a distribution already
        CHECK(answers[2].probability == doctest::Approx(0.8).epsilon(0.001));
        CHECK(classifier.classify({}).empty());
    }
}

TEST_CASE("OnnxClassifier: softmax when told, or when the output is no distribution") {
    const Scratch scratch;
    write(scratch.file("m.onnx"), channel_means(1, 16));
    const auto crops = plain_crops(16, {{255, 0, 0}, {255, 255, 0}});
    const double e = std::exp(1.0);
    auto options = plain_pixels();
    CHECK(OnnxClassifier(scratch.file("m.onnx"), colours, options).classify(crops)[1].probability ==
          doctest::Approx(e / (2 * e + 1)).epsilon(0.001));
    options.softmax = true;
    CHECK(OnnxClassifier(scratch.file("m.onnx"), colours, options).classify(crops)[0].probability ==
          doctest::Approx(e / (e + 2)).epsilon(0.001));
    options.softmax = std::nullopt;
    write(scratch.file("m.onnx"), channel_means(1, 16, true));
    CHECK(OnnxClassifier(scratch.file("m.onnx"), colours, options).classify(crops)[0].probability ==
          doctest::Approx(e / (e + 2)).epsilon(0.001));
}

TEST_CASE("OnnxClassifier: mean, deviation and channel order") {
    const Scratch scratch;
    write(scratch.file("m.onnx"), channel_means(1, 16));
    auto options = plain_pixels();
    options.bgr = true;
    CHECK(OnnxClassifier(scratch.file("m.onnx"), colours, options)
              .classify(plain_crops(16, {{255, 0, 0}}))[0]
              .class_index == 2);
    options.bgr = false;
    options.mean = {0.9, 0, 0};  // R, G, B
    CHECK(OnnxClassifier(scratch.file("m.onnx"), colours, options)
              .classify(plain_crops(16, {{255, 51, 0}}))[0]
              .class_index == 1);
    options.mean = {0, 0, 0};
    options.deviation = {1, 1, 0.1};
    CHECK(OnnxClassifier(scratch.file("m.onnx"), colours, options)
              .classify(plain_crops(16, {{255, 0, 51}}))[0]
              .class_index == 2);
}

TEST_CASE("OnnxClassifier: errors name the file and what was expected") {
    const Scratch scratch;
    const auto complaint = [&](const std::vector<std::string>& classes, int input_size = 0) {
        OnnxClassifierOptions options;
        options.input_size = input_size;
        return message_of<InputError>(
            [&] { OnnxClassifier(scratch.file("m.onnx"), classes, options); });
    };
    CHECK(contains(complaint(colours), "m.onnx"));
    write(scratch.file("m.onnx"), std::string("\0\1\2", 3));
    CHECK(contains(complaint(colours), "m.onnx: not an ONNX model"));
    write(scratch.file("m.onnx"), channel_means(1, 16));
    CHECK(contains(complaint({"a", "b"}),
                   "found 3 outputs for an image, expected 2, one for each class"));
    CHECK(contains(complaint(colours, 32),
                   "found an input of [1, 3, 16, 16], expected input_size 32"));
    const auto whole = read(scratch.file("m.onnx"));
    for (std::size_t length = 0; length < whole.size();
         ++length) {  // cut anywhere: an error or a model, no crash
        write(scratch.file("m.onnx"), whole.substr(0, length));
        (void)complaint(colours);
    }
    write(scratch.file("m.onnx"), channel_means(1, 0));
    CHECK(contains(complaint(colours), "leaves the size of its input open; give input_size"));
    CHECK(complaint(colours, 24).empty());
    CHECK_THROWS_AS(OnnxClassifier(scratch.file("m.onnx"), {"one"}), DomainError);
    OnnxClassifierOptions flat;
    flat.deviation = {0, 1, 1};
    CHECK_THROWS_AS(OnnxClassifier(scratch.file("m.onnx"), colours, flat), DomainError);
}
