// The arithmetic that defines the results of the kernels, for their CPU and CUDA forms.
#pragma once
#include <cmath>
#include <cstdint>
#include <span>

#include "ekya/device/kernels.hpp"

#if defined(__CUDACC__)
#define EKYA_BOTH __host__ __device__ __forceinline__
#else
#define EKYA_BOTH inline
#endif

namespace ekya::rules {

/// Samples of one axis that make one output value: `count` of them from `first` on; the first and
/// the last have weights of their own, those between them `middle`. The weights add up to 1.
struct Taps {
    int first, count;
    float first_weight, middle, last_weight;
    EKYA_BOTH float weight(int k) const {
        return k == 0 ? first_weight : k == count - 1 ? last_weight : middle;
    }
};

/// @param begin where the output's pixel begins on the source's axis   @param step its width there
EKYA_BOTH Taps taps(float begin, float step) {
    if (step > 1) {
        const float end = begin + step;
        const int first = static_cast<int>(floorf(begin + 1e-4F));
        const int last = static_cast<int>(ceilf(end - 1e-4F)) - 1;
        if (last <= first) return {first, 1, 1, 0, 0};
        const float a = (static_cast<float>(first) + 1 - begin) / step;
        const float b = (end - static_cast<float>(last)) / step;
        return {first, last - first + 1, a,
                (1 - a - b) / static_cast<float>(last - first > 1 ? last - first - 1 : 1),
                last - first == 1 ? 1 - a : b};
    }
    const float centre = begin + step / 2 - 0.5F;
    const float floor = floorf(centre);
    const float part = centre - floor;
    if (part < 1e-4F) return {static_cast<int>(floor), 1, 1, 0, 0};
    return {static_cast<int>(floor), 2, 1 - part, 0, part};
}

EKYA_BOTH int clamped(int value, int low, int high) {
    return value < low ? low : value > high ? high : value;
}

/// Which samples of one axis a patch may read.
struct Reach {
    int low, high;
};
EKYA_BOTH Reach reach(int begin, int length, int size) {
    const int low = clamped(begin, 0, size - 1);
    return {low, clamped(begin + length - 1, low, size - 1)};
}

struct Rgb {
    float r, g, b;
};

EKYA_BOTH float level(float value) { return rintf(fminf(fmaxf(value, 0.0F), 255.0F)); }

EKYA_BOTH Rgb rgb_of(float y, float u, float v, bool bt709, bool full_range) {
    u -= 128;
    v -= 128;
    if (!full_range) {
        y = (y - 16) * (255.0F / 219);
        u *= 255.0F / 224;
        v *= 255.0F / 224;
    }
    if (bt709)
        return {level(y + 1.5748F * v), level(y - 0.187324F * u - 0.468124F * v),
                level(y + 1.8556F * u)};
    return {level(y + 1.402F * v), level(y - 0.344136F * u - 0.714136F * v), level(y + 1.772F * u)};
}

EKYA_BOTH int luma_of(int b, int g, int r) { return (29 * b + 150 * g + 77 * r + 128) >> 8; }

EKYA_BOTH float iou_of(const float* a, const float* b) {
    const float width = fminf(a[2], b[2]) - fmaxf(a[0], b[0]);
    const float height = fminf(a[3], b[3]) - fmaxf(a[1], b[1]);
    if (!(width > 0) || !(height > 0)) return 0;
    const float both = width * height;
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both);
}

/// @throws DomainError, as kernels.hpp says
void check(std::span<const Picture> pictures, std::span<const Patch> patches,
           const ImageBatch& out);
void check(const Picture& before, const Picture& after);
void check(const BoxBatch& batch);

}  // namespace ekya::rules
