#include "../kernel_rules.hpp"
#include "check.hpp"
#include "ekya/device/kernels.hpp"

namespace ekya::cuda {
namespace {

using Format = Picture::Format;

/// Sixteen pixels of luma a thread.
__global__ void luma_difference(const std::uint8_t* before, std::ptrdiff_t before_pitch,
                                const std::uint8_t* after, std::ptrdiff_t after_pitch, int width,
                                int height, unsigned threshold, std::uint8_t* changed) {
    const int units = width / 16;
    const auto index = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (index >= static_cast<std::size_t>(units) * height) return;
    const auto y = static_cast<std::ptrdiff_t>(index / units);
    const auto x = static_cast<std::ptrdiff_t>(index % units) * 16;
    const uint4 a = *reinterpret_cast<const uint4*>(before + y * before_pitch + x);
    const uint4 b = *reinterpret_cast<const uint4*>(after + y * after_pitch + x);
    const auto mask = [threshold](unsigned left, unsigned right) {
        return __vcmpgtu4(__vabsdiffu4(left, right), threshold);
    };
    *reinterpret_cast<uint4*>(changed + y * width + x) = {mask(a.x, b.x), mask(a.y, b.y),
                                                          mask(a.z, b.z), mask(a.w, b.w)};
}

/// Sixteen pixels of BGR a thread.
__global__ void colour_difference(const std::uint8_t* before, std::ptrdiff_t before_pitch,
                                  const std::uint8_t* after, std::ptrdiff_t after_pitch, int width,
                                  int height, int threshold, std::uint8_t* changed) {
    const int units = width / 16;
    const auto index = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (index >= static_cast<std::size_t>(units) * height) return;
    const auto y = static_cast<std::ptrdiff_t>(index / units);
    const auto x = static_cast<std::ptrdiff_t>(index % units) * 16;
    alignas(16) std::uint8_t a[48], b[48], out[16];
    const auto* const from_a = reinterpret_cast<const uint4*>(before + y * before_pitch + x * 3);
    const auto* const from_b = reinterpret_cast<const uint4*>(after + y * after_pitch + x * 3);
#pragma unroll
    for (int i = 0; i < 3; ++i) {
        reinterpret_cast<uint4*>(a)[i] = from_a[i];
        reinterpret_cast<uint4*>(b)[i] = from_b[i];
    }
#pragma unroll
    for (int i = 0; i < 16; ++i) {
        const int left = rules::luma_of(a[3 * i], a[3 * i + 1], a[3 * i + 2]);
        const int right = rules::luma_of(b[3 * i], b[3 * i + 1], b[3 * i + 2]);
        out[i] = abs(left - right) > threshold ? 255 : 0;
    }
    *reinterpret_cast<uint4*>(changed + y * width + x) = *reinterpret_cast<const uint4*>(out);
}

/// Any size and alignment, a pixel a thread.
__global__ void pixel_difference(Picture before, Picture after, int threshold,
                                 std::uint8_t* changed) {
    const auto index = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (index >= static_cast<std::size_t>(before.width) * before.height) return;
    const auto y = static_cast<std::ptrdiff_t>(index / before.width);
    const auto x = static_cast<std::ptrdiff_t>(index % before.width);
    const auto luma = [&](const Picture& p) {
        const std::uint8_t* const row = p.data + y * p.pitch;
        return p.format == Format::nv12
                   ? static_cast<int>(row[x])
                   : rules::luma_of(row[3 * x], row[3 * x + 1], row[3 * x + 2]);
    };
    changed[index] = abs(luma(before) - luma(after)) > threshold ? 255 : 0;
}

bool aligned(const Picture& p) {
    return reinterpret_cast<std::uintptr_t>(p.data) % 16 == 0 && p.pitch % 16 == 0;
}

/// A block is one image: its boxes are sorted in shared memory (bitonic), then each that is kept
/// removes those behind it.
__global__ void suppress(BoxBatch batch, int padded, float iou, float least_score,
                         std::uint8_t* keep) {
    extern __shared__ unsigned long long sorted[];
    auto* const removed = reinterpret_cast<std::uint8_t*>(sorted + padded);
    const std::size_t first = static_cast<std::size_t>(blockIdx.x) * batch.boxes;
    const auto* const corners = reinterpret_cast<const float4*>(batch.corners) + first;
    const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
    __shared__ int possible;
    if (thread == 0) possible = 0;
    __syncthreads();
    for (int i = thread; i < padded; i += threads) {
        unsigned long long key = ~0ULL;  // behind all others
        if (i < batch.boxes && batch.scores[first + i] >= least_score) {
            // Floats in falling order as rising integers; of equal ones the lower index first.
            const unsigned bits = __float_as_uint(batch.scores[first + i] + 0.0F);
            const unsigned rising = (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
            key = static_cast<unsigned long long>(~rising) << 32U | static_cast<unsigned>(i);
            atomicAdd(&possible, 1);
        }
        sorted[i] = key;
        removed[i] = 0;
        if (i < batch.boxes) keep[first + i] = 0;
    }
    __syncthreads();
    for (int size = 2; size <= padded; size *= 2)
        for (int stride = size / 2; stride > 0; stride /= 2) {
            for (int i = thread; i < padded; i += threads) {
                const int other = i ^ stride;
                if (other <= i) continue;
                const bool rising = (i & size) == 0;
                const unsigned long long a = sorted[i], b = sorted[other];
                if ((a > b) == rising) {
                    sorted[i] = b;
                    sorted[other] = a;
                }
            }
            __syncthreads();
        }
    const int count = possible;
    for (int i = 0; i < count; ++i) {
        if (removed[i] != 0) continue;  // the same for all threads
        const auto index = static_cast<unsigned>(sorted[i]);
        const float4 box = corners[index];
        const float a[4] = {box.x, box.y, box.z, box.w};
        const int of_class = batch.classes != nullptr ? batch.classes[first + index] : 0;
        if (thread == 0) keep[first + index] = 1;
        for (int j = i + 1 + thread; j < count; j += threads) {
            if (removed[j] != 0) continue;
            const auto other = static_cast<unsigned>(sorted[j]);
            if (batch.classes != nullptr && batch.classes[first + other] != of_class) continue;
            const float4 second = corners[other];
            const float b[4] = {second.x, second.y, second.z, second.w};
            if (rules::iou_of(a, b) > iou) removed[j] = 1;
        }
        __syncthreads();
    }
}

}  // namespace

void frame_difference(const Picture& before, const Picture& after, int threshold,
                      std::uint8_t* changed, GpuStream stream) {
    rules::check(before, after);
    const auto in = static_cast<cudaStream_t>(stream);
    const std::size_t pixels =
        static_cast<std::size_t>(before.width) * static_cast<std::size_t>(before.height);
    constexpr unsigned threads = 256;
    const auto blocks = [](std::size_t units) {
        return static_cast<unsigned>((units + threads - 1) / threads);
    };
    const bool wide = aligned(before) && aligned(after) && before.width % 16 == 0 &&
                      reinterpret_cast<std::uintptr_t>(changed) % 16 == 0 && threshold >= 0 &&
                      threshold < 256;
    if (!wide)
        pixel_difference<<<blocks(pixels), threads, 0, in>>>(before, after, threshold, changed);
    else if (before.format == Format::nv12)
        luma_difference<<<blocks(pixels / 16), threads, 0, in>>>(
            before.data, before.pitch, after.data, after.pitch, before.width, before.height,
            static_cast<unsigned>(threshold) * 0x01010101U, changed);
    else
        colour_difference<<<blocks(pixels / 16), threads, 0, in>>>(
            before.data, before.pitch, after.data, after.pitch, before.width, before.height,
            threshold, changed);
    check(cudaGetLastError(), "frame difference");
}

void suppress_boxes(const BoxBatch& batch, float iou, float least_score, std::uint8_t* keep,
                    GpuStream stream) {
    rules::check(batch);
    if (batch.images == 0 || batch.boxes == 0) return;
    int padded = 2;
    while (padded < batch.boxes) padded *= 2;
    const auto shared = static_cast<std::size_t>(padded) * (sizeof(unsigned long long) + 1);
    const unsigned threads = padded >= 1024 ? 512 : 128;
    suppress<<<static_cast<unsigned>(batch.images), threads, shared,
               static_cast<cudaStream_t>(stream)>>>(batch, padded, iou, least_score, keep);
    check(cudaGetLastError(), "suppression of boxes");
}

}  // namespace ekya::cuda
