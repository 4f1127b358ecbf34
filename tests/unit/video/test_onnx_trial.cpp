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
    // A stride of 0 divides by 0 where the shape of the output is computed.
    const auto model = onnx_model(
        {1, 3, 16, 16}, {{"MaxPool",
                          1,
                          {{"kernel_shape", {2, 2}}, {"strides", {0, 0}}, {"pads", {0, 0, 0, 0}}},
                          {}}});
    CHECK_NOTHROW(check_onnx(model));
    const auto why = message_of<InputError>([&] { try_onnx(model, {1, 3, 16, 16}); });
    if (why.empty()) {
        MESSAGE("skipped: this OpenCV refuses a stride of 0 itself");
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
