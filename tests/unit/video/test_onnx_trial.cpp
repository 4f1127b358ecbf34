#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/core/onnx_check.hpp"
#include "ekya/video/onnx_detector.hpp"
#include "onnx_trial.hpp"
#include "onnx_writer.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

TEST_CASE("try_onnx: a model that runs passes, one that OpenCV refuses is left to the caller") {
    CHECK_NOTHROW(try_onnx(channel_means(1, 16), {1, 3, 16, 16}));
    CHECK_NOTHROW(try_onnx(channel_means(0, 16), {0, 3, 0, 0}));
    CHECK_NOTHROW(try_onnx("no model", {1, 3, 16, 16}));
}

TEST_CASE("try_onnx: a model that crashes OpenCV crashes a child") {
    // A convolution whose weights have no channels divides by their number.
    const auto field = [](unsigned tag, const std::string& bytes) {
        return std::string{static_cast<char>(tag << 3 | 2), static_cast<char>(bytes.size())} +
               bytes;
    };
    const std::string weights("\x08\x08\x08\x00\x08\x03\x08\x03\x10\x01\x42\x01w", 13);
    const std::string picture("\x0a\x02\x08\x01\x0a\x02\x08\x03\x0a\x02\x08\x10\x0a\x02\x08\x10");
    const auto value = [&](const std::string& name) {
        return field(1, name) + field(2, field(1, std::string("\x08\x01") + field(2, picture)));
    };
    const auto graph =
        field(1, field(1, "x") + field(1, "w") + field(2, "y") + field(3, "n") + field(4, "Conv")) +
        field(5, weights) + field(11, value("x")) + field(12, value("y"));
    const std::string model =
        std::string("\x08\x08") + field(7, graph) + field(8, std::string("\x0a\x00\x10\x0b", 4));
    CHECK_NOTHROW(check_onnx(model));
    const auto why = message_of<InputError>([&] { try_onnx(model, {1, 3, 16, 16}); });
    if (why.empty()) {
        MESSAGE("skipped: this OpenCV refuses such weights itself");
        return;
    }
    CHECK(contains(why, "the model crashes OpenCV"));
    const Scratch scratch;
    write(scratch.file("m.onnx"), model);
    write(scratch.file("m.names"), "car\n");
    CHECK(contains(message_of<InputError>([&] { OnnxDetector(scratch.file("m.onnx"), {}); }),
                   "the model crashes OpenCV"));
}

TEST_CASE("OnnxDetector: weights in another file are refused, which file it is does not matter") {
    const Scratch scratch;
    // initializer: name "w", data_location external
    write(scratch.file("m.onnx"), "\x3a\x07\x2a\x05\x42\x01w\x70\x01");
    write(scratch.file("m.names"), "car\n");
    CHECK(contains(message_of<InputError>([&] { OnnxDetector(scratch.file("m.onnx"), {}); }),
                   "lies in another file"));
}
