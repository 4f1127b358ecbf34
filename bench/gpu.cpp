// ekya-bench-gpu: what this GPU does with our kernels and networks. Reads commands from stdin, one
// a line, and answers each with one number; bench/gpu_check.py asks it and plain PyTorch in turns.
#include <cuda_runtime_api.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "ekya/device/device.hpp"
#include "ekya/device/kernels.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/nn/training.hpp"

namespace {

using ekya::ImageBatch;
using ekya::Patch;
using ekya::Picture;

void check(cudaError_t error) {
    if (error != cudaSuccess) throw std::runtime_error(cudaGetErrorString(error));
}

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// Median seconds of GPU time of one run, of eleven.
double gpu_seconds_of(const std::function<void()>& work) {
    cudaEvent_t begin = nullptr, end = nullptr;
    check(cudaEventCreate(&begin));
    check(cudaEventCreate(&end));
    for (int i = 0; i < 3; ++i) work();
    std::vector<float> times;
    for (int i = 0; i < 11; ++i) {
        check(cudaEventRecord(begin));
        work();
        check(cudaEventRecord(end));
        check(cudaEventSynchronize(end));
        times.push_back(0);
        check(cudaEventElapsedTime(&times.back(), begin, end));
    }
    std::nth_element(times.begin(), times.begin() + 5, times.end());
    return times[5] / 1000;
}

/// Noise on the GPU.
class Memory {
public:
    explicit Memory(std::size_t bytes) : bytes_(bytes) {
        check(cudaMalloc(&data_, bytes));
        std::vector<std::uint32_t> noise(std::size_t{1} << 22U);
        std::mt19937 engine(1);
        for (auto& value : noise) value = static_cast<std::uint32_t>(engine());
        for (std::size_t at = 0; at < bytes; at += noise.size() * 4)
            check(cudaMemcpy(static_cast<char*>(data_) + at, noise.data(),
                             std::min(noise.size() * 4, bytes - at), cudaMemcpyHostToDevice));
    }
    ~Memory() { (void)cudaFree(data_); }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    [[nodiscard]] std::uint8_t* at(std::size_t offset) const {
        return static_cast<std::uint8_t*>(data_) + offset;
    }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    std::size_t bytes_;
    void* data_ = nullptr;
};

constexpr double giga = 1e9;
constexpr int width = 1920, height = 1080, pictures = 256;

/// Gigabytes read and written a second.
double copy_rate() {
    const std::size_t bytes = std::size_t{2} << 30U;
    const Memory from(bytes), to(bytes);
    return 2 * static_cast<double>(bytes) / giga / gpu_seconds_of([&] {
               check(
                   cudaMemcpyAsync(to.at(0), from.at(0), bytes, cudaMemcpyDeviceToDevice, nullptr));
           });
}

std::vector<Picture> frames(const Memory& memory, Picture::Format format) {
    const bool nv12 = format == Picture::Format::nv12;
    const std::size_t pitch = nv12 ? 2048 : width * 3, rows = nv12 ? height * 3 / 2 : height;
    std::vector<Picture> result;
    for (std::size_t i = 0; i < pictures; ++i) {
        const std::uint8_t* const data = memory.at(i * pitch * rows);
        const auto step = static_cast<std::ptrdiff_t>(pitch);
        result.push_back({format, width, height, data, step, nv12 ? data + pitch * height : nullptr,
                          nv12 ? step : 0});
    }
    return result;
}

std::size_t bytes_of_frames(Picture::Format format) {
    return static_cast<std::size_t>(pictures) *
           (format == Picture::Format::nv12 ? 2048 * height * 3 / 2 : width * 3 * height);
}

/// Object crops of 96 x 96 pixels to 64 x 64, standardised one by one, or whole frames letterboxed
/// to 640 x 640: gigabytes a second that have to be read and written.
double resample_rate(Picture::Format format, bool letterboxed, ImageBatch::Element element,
                     ImageBatch::Layout layout) {
    const Memory memory(bytes_of_frames(format));
    const auto views = frames(memory, format);
    const int side = letterboxed ? 640 : 64;
    const double bytes_a_pixel = format == Picture::Format::nv12 ? 1.5 : 3;
    std::vector<Patch> patches;
    double read = 0;
    for (int i = 0; i < pictures; ++i) {
        if (letterboxed) {
            patches.push_back(ekya::letterbox(views[static_cast<std::size_t>(i)], i, side, side));
            read += bytes_a_pixel * width * height;
            continue;
        }
        for (int k = 0; k < 128; ++k) {
            patches.push_back({i, k % 16 * 112 + 7, k / 16 * 120 + 11, 96, 96, 0, 0, side, side});
            read += bytes_a_pixel * 96 * 96;
        }
    }
    const double written = static_cast<double>(patches.size()) * side * side * 3 *
                           (element == ImageBatch::Element::f32 ? 4 : 2);
    const Memory out(static_cast<std::size_t>(written));
    ekya::LevelScale scale;
    scale.per_image = !letterboxed;
    scale.least_variance = 0.003F;
    return (read + written) / giga / gpu_seconds_of([&] {
               ekya::cuda::resample(views, patches, {out.at(0), side, side, element, layout, 114},
                                    scale, nullptr);
           });
}

double difference_rate(Picture::Format format) {
    const Memory memory(bytes_of_frames(format));
    auto views = frames(memory, format);
    // All pictures as one tall one: a call for each would measure launches.
    Picture before = views.front(), after = views[pictures / 2];
    const int rows = format == Picture::Format::nv12 ? height * 3 / 2 : height;
    before.height = after.height = rows * pictures / 2;
    const Memory changed(static_cast<std::size_t>(width) * static_cast<std::size_t>(before.height));
    const double bytes =
        static_cast<double>(width) * before.height * (format == Picture::Format::nv12 ? 3 : 7);
    return bytes / giga / gpu_seconds_of([&] {
               ekya::cuda::frame_difference(before, after, 20, changed.at(0), nullptr);
           });
}

/// Milliseconds for 16 images of 1,000 boxes.
double suppression_milliseconds() {
    constexpr int images = 16, boxes = 1000;
    std::mt19937 engine(3);
    std::uniform_real_distribution<float> unit(0, 1);
    std::vector<float> corners, scores;
    for (int i = 0; i < images * boxes; ++i) {
        const float x = unit(engine) * 600, y = unit(engine) * 600;
        corners.insert(corners.end(),
                       {x, y, x + 10 + unit(engine) * 80, y + 10 + unit(engine) * 80});
        scores.push_back(unit(engine));
    }
    const Memory there(corners.size() * 4), rank(scores.size() * 4), keep(scores.size());
    check(cudaMemcpy(there.at(0), corners.data(), there.bytes(), cudaMemcpyHostToDevice));
    check(cudaMemcpy(rank.at(0), scores.data(), rank.bytes(), cudaMemcpyHostToDevice));
    return 1000 * gpu_seconds_of([&] {
               ekya::cuda::suppress_boxes({images, boxes, reinterpret_cast<float*>(there.at(0)),
                                           reinterpret_cast<float*>(rank.at(0)), nullptr},
                                          0.45F, 0.05F, keep.at(0), nullptr);
           });
}

/// Noise: what the crops show does not change how long they take.
ekya::TrainingSamples random_crops(const ekya::Architecture& architecture, int count) {
    std::mt19937 engine(1);
    ekya::TrainingSamples samples;
    samples.crops.size = architecture.input_size;
    samples.crops.rgb.resize(samples.crops.bytes_per_crop() * static_cast<std::size_t>(count));
    for (auto& value : samples.crops.rgb) value = static_cast<std::uint8_t>(engine() >> 24);
    for (int i = 0; i < count; ++i) samples.labels.push_back(i % architecture.classes);
    return samples;
}

/// A network of the zoo with weights in a file.
class Network {
public:
    Network(std::istream& in, const std::string& device) : device_(device) {
        std::string precision;
        if (!(in >> architecture_.network >> architecture_.width >> architecture_.input_size >>
              batch_ >> precision))
            throw std::invalid_argument("NETWORK WIDTH SIZE BATCH PRECISION are needed");
        precision_ = ekya::precision_from(precision);
        architecture_.classes = 5;
        samples_ = random_crops(architecture_, std::max(4 * batch_, 64));
    }
    ~Network() { std::filesystem::remove(weights_); }
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    [[nodiscard]] ekya::Classifier load() {
        if (!std::filesystem::exists(weights_)) ekya::train(job(1)).second.save(weights_);
        return {architecture_, weights_, device_, 0, precision_};
    }
    [[nodiscard]] double inference(double seconds) {
        auto classifier = load();
        ekya::CropBatch crops{architecture_.input_size, {}};
        crops.rgb.assign(samples_.crops.rgb.begin(),
                         samples_.crops.rgb.begin() +
                             static_cast<std::ptrdiff_t>(crops.bytes_per_crop()) * batch_);
        for (int i = 0; i < 5; ++i) static_cast<void>(classifier.classify(crops));
        std::int64_t images = 0;
        const double begin = now();
        while (now() - begin < seconds) {
            static_cast<void>(classifier.classify(crops));
            images += batch_;
        }
        return static_cast<double>(images) / (now() - begin);
    }
    /// Whole trainings: images a second over the epochs, set-up left out.
    [[nodiscard]] double training(double seconds) {
        static_cast<void>(ekya::train(job(1)));
        double images = 0, spent = 0;
        for (const double begin = now(); now() - begin < seconds;) {
            ekya::TrainingHooks hooks;
            hooks.on_epoch = [&](const ekya::EpochReport& epoch) {
                images += static_cast<double>(samples_.labels.size());
                spent += epoch.seconds;
            };
            static_cast<void>(ekya::train(job(10), hooks));
        }
        return images / spent;
    }
    /// Milliseconds until a new model has answered its first crops.
    [[nodiscard]] double swap() {
        static_cast<void>(load());
        std::vector<double> times;
        for (int i = 0; i < 9; ++i) {
            const double begin = now();
            auto classifier = load();
            classifier.warm_up(batch_);
            times.push_back(now() - begin);
        }
        std::nth_element(times.begin(), times.begin() + 4, times.end());
        return 1000 * times[4];
    }
    /// MiB of the GPU more in use after so many swaps than after the first 40.
    [[nodiscard]] double growth(int swaps) {
        const auto used = [] {
            std::size_t free = 0, total = 0;
            check(cudaMemGetInfo(&free, &total));
            return static_cast<double>(total - free) / (1 << 20);
        };
        double before = 0;
        auto serving = load();
        for (int i = 0; i < swaps; ++i) {
            auto next = load();
            next.warm_up(batch_);
            serving = std::move(next);
            if (i == 39) before = used();
        }
        return used() - before;
    }

private:
    [[nodiscard]] ekya::TrainingJob job(int epochs) const {
        ekya::TrainingJob job;
        job.architecture = architecture_;
        job.config.batch_size = batch_;
        job.config.epochs = epochs;
        job.device = device_;
        job.fresh = &samples_;
        job.precision = precision_;
        return job;
    }

    ekya::Architecture architecture_;
    int batch_ = 0;
    ekya::Precision precision_ = ekya::Precision::full;
    std::string device_;
    ekya::TrainingSamples samples_;
    std::filesystem::path weights_ = std::filesystem::temp_directory_path() /
                                     ("ekya-bench-gpu-" + std::to_string(getpid()) + ".pt");
};

double answer(const std::string& command, std::istream& in, const std::string& device) {
    using enum Picture::Format;
    using Element = ImageBatch::Element;
    using Layout = ImageBatch::Layout;
    if (command == "copy") return copy_rate();
    if (command == "crops-bgr") return resample_rate(bgr, false, Element::f32, Layout::nhwc);
    if (command == "crops-nv12") return resample_rate(nv12, false, Element::f16, Layout::nchw);
    if (command == "letterbox-bgr") return resample_rate(bgr, true, Element::f32, Layout::nchw);
    if (command == "letterbox-nv12") return resample_rate(nv12, true, Element::f16, Layout::nchw);
    if (command == "difference-bgr") return difference_rate(bgr);
    if (command == "difference-nv12") return difference_rate(nv12);
    if (command == "nms") return suppression_milliseconds();
    double amount = 0;
    if (!(in >> amount)) throw std::invalid_argument(command + ": a number is needed");
    Network network(in, device);
    if (command == "inference") return network.inference(amount);
    if (command == "training") return network.training(amount);
    if (command == "swap") return network.swap();
    if (command == "growth") return network.growth(static_cast<int>(amount));
    throw std::invalid_argument(command + ": unknown command");
}

}  // namespace

int main() {
    try {
        const std::string device = ekya::resolve_device("cuda");
        ekya::set_threads(1);
        std::string line;
        while (std::getline(std::cin, line)) {
            std::istringstream in(line);
            std::string command;
            in >> command;
            std::cout << answer(command, in, device) << std::endl;  // the other side waits for it
        }
    } catch (const std::exception& error) {
        std::cerr << "ekya-bench-gpu: error: " << error.what() << '\n';
        return 1;
    }
}
