#include <doctest/doctest.h>

#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/video/frame_source.hpp"
#include "ekya/video/onnx_detector.hpp"
#include "onnx_writer.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

FrameImage plain(int width, int height, int blue, int green, int red) {
    FrameImage image{width, height, {}};
    for (int i = 0; i < width * height; ++i) {
        for (const int value : {blue, green, red}) {
            image.bgr.push_back(static_cast<std::uint8_t>(value));
        }
    }
    return image;
}

double sigmoid(double value) { return 1 / (1 + std::exp(-value)); }

}  // namespace

TEST_CASE("OnnxDetector: decodes scores and boxes by the rule of FastestDet") {
    const Scratch scratch;
    write(scratch.file("m.onnx"),
          cell_means(32, 3));  // channels B G R B G | R B G R: 4 classes, 2 x 2 cells
    write(scratch.file("m.names"), "one\r\ntwo\nthree\nfour\n\n");
    OnnxDetectorOptions options;
    options.min_score = 0.3;
    options.max_overlap = 0;
    OnnxDetector detector(scratch.file("m.onnx"), options);
    CHECK(detector.classes().size() == 4);

    // objectness 0.8 = x's logit 0.4 ... all cells are alike; the whole of the first cell's box
    // overlaps the others.
    const auto found = detector.detect(plain(200, 100, 204, 102, 51));
    REQUIRE(!found.empty());
    CHECK(found[0].class_name == "two");  // the classes' values are R, B, G, R: B is highest
    CHECK(found[0].score == doctest::Approx(0.8).epsilon(0.001));  // 0.8^0.6 * 0.8^0.4
    const double x = std::tanh(0.4) / 2 * 200, y = std::tanh(0.2) / 2 * 100;
    CHECK(found[0].box.x0 == doctest::Approx(std::max(0.0, x - sigmoid(0.8) * 100)).epsilon(0.001));
    CHECK(found[0].box.x1 == doctest::Approx(x + sigmoid(0.8) * 100).epsilon(0.001));
    CHECK(found[0].box.y0 == 0);
    CHECK(found[0].box.y1 == doctest::Approx(y + sigmoid(0.4) * 50).epsilon(0.001));

    CHECK(detector.detect(plain(200, 100, 40, 102, 51)).empty());
}

TEST_CASE("OnnxDetector: the stronger of two overlapping boxes stays") {
    const Scratch scratch;
    write(scratch.file("m.onnx"), cell_means(32, 3));
    write(scratch.file("m.names"), "one\ntwo\nthree\nfour\n");
    OnnxDetectorOptions options;
    options.min_score = 0.3;
    options.max_overlap = 1;
    CHECK(
        OnnxDetector(scratch.file("m.onnx"), options).detect(plain(64, 64, 204, 102, 51)).size() ==
        4);
    options.max_overlap = 0.01;
    CHECK(
        OnnxDetector(scratch.file("m.onnx"), options).detect(plain(64, 64, 204, 102, 51)).size() ==
        1);
}

TEST_CASE("OnnxDetector: errors name the file and what was expected") {
    const Scratch scratch;
    const auto complaint = [&](OnnxDetectorOptions options = {}) {
        return message_of<InputError>([&] { OnnxDetector(scratch.file("m.onnx"), options); });
    };
    CHECK(contains(complaint(), "m.onnx"));
    write(scratch.file("m.onnx"), "this is no model");
    CHECK(contains(complaint(), "m.onnx: not an ONNX model"));
    write(scratch.file("m.onnx"), onnx_model({1, 3, 8}, {{"Relu", 1, {}, {}}}));
    CHECK(contains(complaint(), "found inputs [1, 3, 8], expected one of shape [N, 3, H, W]"));
    write(scratch.file("m.onnx"), cell_means(32, 3));
    CHECK(contains(complaint(), "m.onnx: found 0 *.names files beside the model, expected one"));
    write(scratch.file("a.names"), "one\ntwo\n");
    CHECK(contains(complaint(), "a.names: found 2 class names, expected 4 for "));
    write(scratch.file("b.names"), "one\ntwo\nthree\nfour\n");
    CHECK(contains(complaint(), "found 2 *.names files"));
    CHECK(complaint({.names = scratch.file("b.names")}).empty());
    write(scratch.file("m.onnx"), cell_means(32, 1));
    CHECK(contains(complaint({.names = scratch.file("b.names")}),
                   "found output [1, 3, 2, 2], which is none of the layouts that are known"));
    write(scratch.file("m.onnx"), onnx_model({1, 3, 32, 32}, {{"NoSuchOperator", 1, {}, {}}}));
    CHECK(contains(complaint({.names = scratch.file("b.names")}), "m.onnx: OpenCV cannot"));
    CHECK_THROWS_AS(OnnxDetector(scratch.file("m.onnx"), {.min_score = 1.5}), DomainError);
    CHECK_THROWS_AS(OnnxDetector(scratch.file("m.onnx"), {.max_overlap = std::nan("")}),
                    DomainError);
    CHECK_THROWS_AS(OnnxDetector(scratch.file("m.onnx"), {.threads = -1}), DomainError);
}

TEST_CASE("OnnxDetector: FastestDet finds cars and people in a street") {
    const auto model = shared_data("models/fastestdet/FastestDet.onnx");
    const auto video = shared_data("camvid/0016E5.mp4");
    if (!model || !video) {
        return;
    }
    OnnxDetector detector(*model, {.min_score = 0.5});
    FrameSource source(*video);
    Frame frame;
    int cars = 0, people = 0;
    for (int i = 0; i < 20 && source.next(frame); ++i) {
        for (const auto& detection : detector.detect(frame.image())) {
            cars += detection.class_name == "car" ? 1 : 0;
            people += detection.class_name == "person" ? 1 : 0;
            CHECK(detection.box.x1 <= 480);
            CHECK(detection.box.area() > 0);
            CHECK(detection.score >= 0.5);
        }
    }
    CHECK(cars >= 20);
    CHECK(people >= 5);
}
