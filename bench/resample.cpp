// Crops and whole frames to network inputs: the CPU form of device/kernels.hpp against the same
// steps with OpenCV, on one thread.
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <random>
#include <vector>

#include "ekya/device/kernels.hpp"

namespace {

constexpr int width = 1280, height = 720, objects = 16;

const std::vector<std::uint8_t>& frame() {
    static const auto bytes = [] {
        std::vector<std::uint8_t> noise(static_cast<std::size_t>(width) * height * 3);
        std::mt19937 engine(1);
        for (auto& byte : noise) byte = static_cast<std::uint8_t>(engine() >> 24);
        return noise;
    }();
    return bytes;
}

int region_x(int i) { return 20 + i % 8 * 140; }
int region_y(int i) { return 30 + i / 8 * 300; }

/// range(0): side of the regions, range(1): of the crops
void crops_ours(benchmark::State& state) {
    const int from = static_cast<int>(state.range(0)), to = static_cast<int>(state.range(1));
    const ekya::Picture picture{ekya::Picture::Format::bgr, width, height, frame().data(),
                                width * 3};
    std::vector<ekya::Patch> patches;
    for (int i = 0; i < objects; ++i)
        patches.push_back({0, region_x(i), region_y(i), from, from, 0, 0, to, to});
    std::vector<float> out(static_cast<std::size_t>(objects) * to * to * 3);
    ekya::LevelScale scale;
    scale.per_image = true;
    scale.least_variance = 0.003F;
    for (auto _ : state) {
        ekya::resample(std::array{picture}, patches, {out.data(), to, to}, scale);
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations() * objects);
}

void crops_opencv(benchmark::State& state) {
    const int from = static_cast<int>(state.range(0)), to = static_cast<int>(state.range(1));
    cv::setNumThreads(1);
    const cv::Mat picture(height, width, CV_8UC3, const_cast<std::uint8_t*>(frame().data()));
    std::vector<float> out(static_cast<std::size_t>(objects) * to * to * 3);
    cv::Mat resized, rgb;
    for (auto _ : state) {
        for (int i = 0; i < objects; ++i) {
            cv::resize(picture(cv::Rect(region_x(i), region_y(i), from, from)), resized, {to, to},
                       0, 0, from > to ? cv::INTER_AREA : cv::INTER_LINEAR);
            cv::cvtColor(resized, rgb, cv::COLOR_BGR2RGB);
            cv::Mat image(to, to, CV_32FC3, out.data() + static_cast<std::size_t>(i) * to * to * 3);
            rgb.convertTo(image, CV_32F, 1 / 255.0);
            const cv::Mat values = image.reshape(1);
            cv::Scalar mean, deviation;
            cv::meanStdDev(values, mean, deviation);
            const double factor = 1 / std::sqrt(deviation[0] * deviation[0] + 0.003);
            image.convertTo(image, CV_32F, factor, -mean[0] * factor);
        }
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations() * objects);
}

/// range(0): side of the network's input
void letterbox_ours(benchmark::State& state) {
    const int side = static_cast<int>(state.range(0));
    const ekya::Picture picture{ekya::Picture::Format::bgr, width, height, frame().data(),
                                width * 3};
    const auto patch = ekya::letterbox(picture, 0, side, side);
    std::vector<float> out(static_cast<std::size_t>(side) * side * 3);
    for (auto _ : state) {
        ekya::resample(std::array{picture}, std::array{patch}, {out.data(), side, side}, {});
        benchmark::DoNotOptimize(out.data());
    }
}

void letterbox_opencv(benchmark::State& state) {
    const int side = static_cast<int>(state.range(0)), rows = side * height / width;
    cv::setNumThreads(1);
    const cv::Mat picture(height, width, CV_8UC3, const_cast<std::uint8_t*>(frame().data()));
    std::vector<float> out(static_cast<std::size_t>(side) * side * 3);
    cv::Mat resized, boxed, rgb;
    for (auto _ : state) {
        cv::resize(picture, resized, {side, rows}, 0, 0, cv::INTER_AREA);
        const int top = (side - rows) / 2;
        cv::copyMakeBorder(resized, boxed, top, side - rows - top, 0, 0, cv::BORDER_CONSTANT,
                           {114, 114, 114});
        cv::cvtColor(boxed, rgb, cv::COLOR_BGR2RGB);
        cv::Mat image(side, side, CV_32FC3, out.data());
        rgb.convertTo(image, CV_32F, 1 / 255.0);
        benchmark::DoNotOptimize(out.data());
    }
}

BENCHMARK(crops_ours)->Args({96, 32})->Args({96, 64})->Args({40, 64})->Args({64, 64});
BENCHMARK(crops_opencv)->Args({96, 32})->Args({96, 64})->Args({40, 64})->Args({64, 64});
BENCHMARK(letterbox_ours)->Arg(320)->Arg(640);
BENCHMARK(letterbox_opencv)->Arg(320)->Arg(640);

}  // namespace

BENCHMARK_MAIN();
