#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <opencv2/core.hpp>

#include "ekya/core/errors.hpp"
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

TEST_CASE("run_apart: what crashes, hangs or takes too much memory does so in a child") {
    constexpr std::size_t much = std::size_t{1} << 30;
    const auto why = [](const std::function<void()>& work, double seconds, std::size_t bytes) {
        return message_of<InputError>([&] { run_apart(work, seconds, bytes); });
    };
    CHECK(why([] {}, 60, much) == "");
    CHECK(why([] { throw InputError("not a matter of the trial"); }, 60, much) == "");
    CHECK(contains(why([] { ::raise(SIGFPE); }, 60, much), "crashes OpenCV (Floating point"));
    CHECK(contains(why([] { ::abort(); }, 60, much), "crashes OpenCV (Aborted)"));
    CHECK(contains(why([] { ::pause(); }, 0.1, much), "does not answer within 0.1 s"));
#ifndef EKYA_SANITIZED
    CHECK(contains(why([] { (void)cv::Mat(20'000, 20'000, CV_32F).clone(); }, 60, much),
                   "needs more than 1024 MB"));
#endif
}

TEST_CASE("OnnxDetector: weights in another file are refused, which file it is does not matter") {
    const Scratch scratch;
    // initializer: name "w", data_location external
    write(scratch.file("m.onnx"), "\x3a\x07\x2a\x05\x42\x01w\x70\x01");
    write(scratch.file("m.names"), "car\n");
    CHECK(contains(message_of<InputError>([&] { OnnxDetector(scratch.file("m.onnx"), {}); }),
                   "lies in another file"));
}
