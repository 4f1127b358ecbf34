// ekya-bench-detector: frames per second of one CPU core with the published FastestDet, ours on
// libtorch and OpenCV's dnn on the ONNX file, in turns, from frames to boxes; both find the same.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/nn/detector.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/nn/weights.hpp"
#include "ekya/video/frame_source.hpp"
#include "ekya/video/onnx_detector.hpp"

namespace {

struct Options {
    std::string model, video;
    int frames = 50, rounds = 7, batch = 8;
};

/// Frames per second that `work` looks at.
double rate(std::size_t frames, const std::function<void()>& work) {
    const ekya::SystemClock clock;
    const auto start = clock.now();
    work();
    return static_cast<double>(frames) / (clock.now() - start);
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

void run(const Options& options) {
    constexpr double min_score = 0.5;
    ekya::set_threads(1);
    ekya::Detector ours(ekya::onnx_architecture(options.model), options.model);
    ekya::OnnxDetector theirs(options.model, {.min_score = min_score, .threads = 1});
    std::vector<ekya::FrameImage> frames;
    ekya::FrameSource source(options.video);
    for (ekya::Frame frame; static_cast<int>(frames.size()) < options.frames && source.next(frame);)
        frames.push_back(frame.image());
    std::vector<const ekya::FrameImage*> all;
    for (const auto& frame : frames) all.push_back(&frame);

    std::vector<double> one_by_one, batches, opencv;
    const auto detect = [&](std::size_t batch) {
        for (std::size_t first = 0; first < all.size(); first += batch)
            static_cast<void>(ours.detect(
                std::span(all).subspan(first, std::min(batch, all.size() - first)), min_score));
    };
    detect(1);
    for (int round = 0; round < options.rounds; ++round) {
        one_by_one.push_back(rate(all.size(), [&] { detect(1); }));
        batches.push_back(
            rate(all.size(), [&] { detect(static_cast<std::size_t>(options.batch)); }));
        opencv.push_back(rate(all.size(), [&] {
            for (const auto* frame : all) static_cast<void>(theirs.detect(*frame));
        }));
    }
    std::cout << "frames_per_second\n  libtorch, one by one  " << median(one_by_one)
              << "\n  libtorch, batches of " << options.batch << "  " << median(batches)
              << "\n  opencv                " << median(opencv) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("Frames per second of FastestDet on one CPU core, ours and OpenCV's.");
    app.add_option("--model", options.model, "FastestDet.onnx")->required();
    app.add_option("--video", options.video, "frames to look at")->required();
    app.add_option("--frames", options.frames, "of the video")->check(CLI::Range(1, 10000));
    app.add_option("--rounds", options.rounds, "the median is told")->check(CLI::Range(1, 1000));
    app.add_option("--batch", options.batch, "frames at once")->check(CLI::Range(1, 64));
    CLI11_PARSE(app, argc, argv);
    try {
        run(options);
    } catch (const std::exception& error) {
        std::cerr << "ekya-bench-detector: error: " << error.what() << '\n';
        return 1;
    }
}
