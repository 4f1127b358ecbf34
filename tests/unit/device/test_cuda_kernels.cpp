// The CUDA kernels against their CPU twins on random input; skipped where there is no GPU.
#if EKYA_WITH_CUDA
#include <cuda_runtime_api.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "device/pictures.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "ekya/device/kernels.hpp"

using namespace ekya;
using test::RandomPicture;
using Element = ImageBatch::Element;
using Layout = ImageBatch::Layout;

namespace {

bool no_gpu() {
    std::string why;
    if (!gpus(&why).empty()) return false;
    MESSAGE("skipped: " << why);
    return true;
}

/// Memory of the GPU, copied there and back.
template <typename T> class OnGpu {
public:
    explicit OnGpu(const std::vector<T>& values) : OnGpu(values.size()) {
        REQUIRE(cudaMemcpy(data_, values.data(), bytes(), cudaMemcpyHostToDevice) == cudaSuccess);
    }
    explicit OnGpu(std::size_t count) : count_(count) {
        REQUIRE(cudaMalloc(&data_, std::max<std::size_t>(bytes(), 1)) == cudaSuccess);
        REQUIRE(cudaMemset(data_, 0xA5, bytes()) == cudaSuccess);  // what is not written shows
    }
    ~OnGpu() { cudaFree(data_); }
    OnGpu(const OnGpu&) = delete;
    OnGpu& operator=(const OnGpu&) = delete;
    [[nodiscard]] T* get() const { return static_cast<T*>(data_); }
    [[nodiscard]] std::vector<T> values() const {
        std::vector<T> result(count_);
        REQUIRE(cudaMemcpy(result.data(), data_, bytes(), cudaMemcpyDeviceToHost) == cudaSuccess);
        return result;
    }

private:
    [[nodiscard]] std::size_t bytes() const { return count_ * sizeof(T); }
    std::size_t count_;
    void* data_ = nullptr;
};

std::size_t size_of(Element element) {
    return element == Element::f32 ? 4 : element == Element::u8 ? 1 : 2;
}

double value_at(const std::vector<std::uint8_t>& bytes, Element element, std::size_t i) {
    float f = 0;
    std::uint16_t h = 0;
    if (element == Element::u8) return bytes[i];
    if (element == Element::f32) return std::memcpy(&f, bytes.data() + 4 * i, 4), f;
    std::memcpy(&h, bytes.data() + 2 * i, 2);
    return element == Element::f16 ? test::half(h) : test::brain(h);
}

}  // namespace

TEST_CASE("cuda::resample: what the CPU gives, for every format, element and layout") {
    if (no_gpu()) return;
    std::mt19937 engine(11);
    const auto between = [&](int low, int high) {
        return std::uniform_int_distribution(low, high)(engine);
    };
    long long values = 0, off_by_one = 0;
    for (int round = 0; round < 160; ++round) {
        const auto format = round % 2 == 0 ? Picture::Format::bgr : Picture::Format::nv12;
        const auto element = static_cast<Element>(round / 2 % 4);
        const auto layout = static_cast<Layout>(round / 8 % 2);
        const int width = 2 * between(1, 90), height = 2 * between(1, 70);
        const RandomPicture source(format, width, height, static_cast<unsigned>(engine()),
                                   between(0, 40));
        const OnGpu<std::uint8_t> there(source.bytes());
        auto picture = source.view();
        picture.bt709 = round % 3 == 0;
        picture.full_range = round % 5 == 0;
        auto copy = source.view(there.get());
        copy.bt709 = picture.bt709;
        copy.full_range = picture.full_range;
        ImageBatch out;
        out.width = between(1, 130);
        out.height = between(1, 110);
        out.element = element;
        out.layout = layout;
        std::vector<Patch> patches;
        for (int i = between(0, 6); i > 0; --i) {
            Patch p{0,
                    between(-20, width + 5),
                    between(-20, height + 5),
                    between(1, 2 * width),
                    between(1, 2 * height),
                    0,
                    0,
                    between(1, out.width),
                    between(1, out.height)};
            if (i == 1) p = letterbox(picture, 0, out.width, out.height);
            if (i == 2) p.width = p.height = 1;
            p.out_x = between(0, out.width - p.out_width);
            p.out_y = between(0, out.height - p.out_height);
            patches.push_back(p);
        }
        LevelScale scale{{0.01F, 0.013F, 0.008F}, {-1, 0.2F, -0.5F}};
        scale.per_image = round % 7 < 3;
        scale.least_variance = 0.003F;
        const std::size_t count =
            patches.size() * static_cast<std::size_t>(out.width) * out.height * 3;
        std::vector<std::uint8_t> expected(count * size_of(element));
        out.data = expected.data();
        resample(std::vector{picture}, patches, out, scale);
        const OnGpu<std::uint8_t> result(expected.size());
        out.data = result.get();
        cuda::resample(std::vector{copy}, patches, out, scale, nullptr);
        const auto got = result.values();
        const bool bytes = element == Element::u8;
        // One level more or less where a sum ends half-way between two; half formats round that.
        const double step = bytes ? 1.001 : scale.per_image ? 0.2 : 0.0135;
        double worst = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const double off = std::abs(value_at(got, element, i) - value_at(expected, element, i));
            worst = std::max(worst, std::isfinite(off) ? off : 1e9);
            values += bytes;
            off_by_one += bytes && off > 0;
        }
        CAPTURE(round);
        CHECK(worst <= step + (element == Element::bf16 ? 0.03 : 0));
    }
    CHECK(off_by_one < values / 1000);
}

TEST_CASE("cuda::resample: an image too large for shared memory, many small ones, none") {
    if (no_gpu()) return;
    const RandomPicture source(Picture::Format::nv12, 640, 360, 3);
    const OnGpu<std::uint8_t> there(source.bytes());
    LevelScale scale;
    scale.per_image = true;
    for (const auto& [side, images] : {std::pair{224, 3}, {8, 5000}, {32, 0}}) {
        std::vector<Patch> patches;
        for (int i = 0; i < images; ++i)
            patches.push_back({0, i % 600, i % 300, 10 + i % 40, 10 + i % 40, 0, 0, side, side});
        std::vector<float> expected(patches.size() * static_cast<std::size_t>(side) * side * 3);
        resample(std::vector{source.view()}, patches, {expected.data(), side, side}, scale);
        const OnGpu<float> result(expected.size());
        cuda::resample(std::vector{source.view(there.get())}, patches, {result.get(), side, side},
                       scale, nullptr);
        const auto got = result.values();
        double sum = 0;
        for (std::size_t i = 0; i < got.size(); ++i) sum += std::abs(got[i] - expected[i]);
        CHECK(sum <= 1e-4 * static_cast<double>(got.size()));
    }
}

TEST_CASE("cuda::frame_difference: what the CPU gives, to the bit") {
    if (no_gpu()) return;
    std::mt19937 engine(12);
    for (int round = 0; round < 60; ++round) {
        const auto format = round % 2 == 0 ? Picture::Format::bgr : Picture::Format::nv12;
        const bool aligned = round % 3 == 0;
        const int width = aligned ? 16 * (1 + static_cast<int>(engine() % 9))
                                  : 2 * (1 + static_cast<int>(engine() % 60));
        const int height = 2 * (1 + static_cast<int>(engine() % 30));
        const int more = aligned ? (format == Picture::Format::bgr ? 16 : 32) : 3;
        const RandomPicture a(format, width, height, static_cast<unsigned>(engine()), more),
            b(format, width, height, static_cast<unsigned>(engine()), more);
        const OnGpu<std::uint8_t> there_a(a.bytes()), there_b(b.bytes());
        const int threshold = round == 0 ? -1 : round == 1 ? 300 : static_cast<int>(engine() % 256);
        const std::size_t pixels = static_cast<std::size_t>(width) * height;
        std::vector<std::uint8_t> expected(pixels);
        frame_difference(a.view(), b.view(), threshold, expected.data());
        const OnGpu<std::uint8_t> result(pixels);
        cuda::frame_difference(a.view(there_a.get()), b.view(there_b.get()), threshold,
                               result.get(), nullptr);
        CHECK(result.values() == expected);
    }
}

TEST_CASE("cuda::suppress_boxes: the boxes that the CPU keeps") {
    if (no_gpu()) return;
    std::mt19937 engine(13);
    std::uniform_real_distribution<float> unit(0, 1);
    for (const int boxes : {0, 1, 2, 3, 100, 1000, most_boxes}) {
        const int images = boxes > 500 ? 2 : 7;
        std::vector<float> corners, scores;
        std::vector<std::int32_t> classes;
        for (int i = 0; i < images * boxes; ++i) {
            const float x = unit(engine) * 50, y = unit(engine) * 50;
            corners.insert(corners.end(), {x, y, x + 1 + unit(engine) * 20, y + unit(engine) * 20});
            scores.push_back(i % 50 == 0 ? std::nanf("") : std::round(unit(engine) * 200) / 200);
            classes.push_back(static_cast<std::int32_t>(engine() % 3));
        }
        const OnGpu<float> there(corners), there_scores(scores);
        const OnGpu<std::int32_t> there_classes(classes);
        for (const bool by_class : {false, true}) {
            std::vector<std::uint8_t> expected(scores.size());
            suppress_boxes(
                {images, boxes, corners.data(), scores.data(), by_class ? classes.data() : nullptr},
                0.45F, 0.2F, expected.data());
            const OnGpu<std::uint8_t> keep(scores.size());
            cuda::suppress_boxes({images, boxes, there.get(), there_scores.get(),
                                  by_class ? there_classes.get() : nullptr},
                                 0.45F, 0.2F, keep.get(), nullptr);
            CHECK(keep.values() == expected);
        }
    }
}

TEST_CASE("device_seconds of a GPU: what was marked, nothing else") {
    if (no_gpu()) return;
    const double before = device_seconds("cuda:0");
    std::vector<std::uint8_t> zeros(1 << 24);
    const OnGpu<std::uint8_t> memory(zeros);
    CHECK(device_seconds("cuda:0") == before);
    {
        const DeviceWork work("cuda:0");
        const DeviceWork inner("cuda:0");
        for (int i = 0; i < 100; ++i) cudaMemsetAsync(memory.get(), i, zeros.size(), nullptr);
    }
    const double used = device_seconds("cuda:0") - before;
    CHECK(used > 0);
    CHECK(used < 1);
}
#endif
