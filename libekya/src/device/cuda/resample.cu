#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "../kernel_rules.hpp"
#include "check.hpp"
#include "ekya/device/kernels.hpp"

namespace ekya::cuda {
namespace {

using rules::Reach;
using rules::Rgb;
using rules::Taps;
using Element = ImageBatch::Element;
using Layout = ImageBatch::Layout;
using Format = Picture::Format;

constexpr int tile_width = 32, tile_rows = 8, tile_height = 64;
constexpr int block_size = tile_width * tile_rows;

/// Memory of the device for the length of a call, in the stream's order.
class Workspace {
public:
    Workspace(const void* first, std::size_t first_bytes, const void* second,
              std::size_t second_bytes, cudaStream_t stream)
        : stream_(stream), second_at_((first_bytes + 255) / 256 * 256) {
        check(cudaMallocAsync(&memory_, second_at_ + second_bytes, stream), "GPU memory");
        const auto copy = [&](std::size_t at, const void* from, std::size_t bytes) {
            check(cudaMemcpyAsync(static_cast<char*>(memory_) + at, from, bytes,
                                  cudaMemcpyHostToDevice, stream),
                  "copy to the GPU");
        };
        copy(0, first, first_bytes);
        copy(second_at_, second, second_bytes);
    }
    ~Workspace() { (void)cudaFreeAsync(memory_, stream_); }
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    template <typename T> [[nodiscard]] const T* first() const {
        return static_cast<const T*>(memory_);
    }
    template <typename T> [[nodiscard]] const T* second() const {
        return reinterpret_cast<const T*>(static_cast<const char*>(memory_) + second_at_);
    }

private:
    void* memory_ = nullptr;
    cudaStream_t stream_;
    std::size_t second_at_;
};

/// Samples of one plane along one row, `Channels` side by side, weighted. Whole weights of the
/// middle are added as integers.
template <int Channels>
__device__ __forceinline__ void add_row(const std::uint8_t* __restrict__ row, const Taps& x,
                                        const Reach& reach, float weight, float* sum) {
    const auto at = [&](int k) {
        return row + rules::clamped(x.first + k, reach.low, reach.high) * Channels;
    };
    const std::uint8_t* const first = at(0);
    float line[Channels];
#pragma unroll
    for (int c = 0; c < Channels; ++c) line[c] = x.first_weight * static_cast<float>(first[c]);
    if (x.count > 2) {
        int middle[Channels] = {};
        for (int k = 1; k < x.count - 1; ++k) {
            const std::uint8_t* const sample = at(k);
#pragma unroll
            for (int c = 0; c < Channels; ++c) middle[c] += sample[c];
        }
#pragma unroll
        for (int c = 0; c < Channels; ++c) line[c] += x.middle * static_cast<float>(middle[c]);
    }
    if (x.count > 1) {
        const std::uint8_t* const last = at(x.count - 1);
#pragma unroll
        for (int c = 0; c < Channels; ++c) line[c] += x.last_weight * static_cast<float>(last[c]);
    }
#pragma unroll
    for (int c = 0; c < Channels; ++c) sum[c] += weight * line[c];
}

template <int Channels>
__device__ __forceinline__ void sample_plane(const std::uint8_t* data, std::ptrdiff_t pitch,
                                             const Taps& x, const Reach& across, const Taps& y,
                                             const Reach& down, float* sum) {
    for (int k = 0; k < y.count; ++k)
        add_row<Channels>(data + rules::clamped(y.first + k, down.low, down.high) * pitch, x,
                          across, y.weight(k), sum);
}

/// One axis of a patch: how its output pixels sample the picture and, for NV12, the chroma.
struct Axis {
    Reach reach, chroma_reach;
    float step, chroma_offset;
    int begin;
    __device__ Axis(int from, int length, int out_length, int size)
        : reach(rules::reach(from, length, size)),
          chroma_reach{reach.low / 2, reach.high / 2},
          step(static_cast<float>(length) / static_cast<float>(out_length)),
          chroma_offset(static_cast<float>(from & 1) / 2),
          begin(from) {}
    __device__ Taps taps(int i) const {
        Taps t = rules::taps(static_cast<float>(i) * step, step);
        t.first += begin;
        return t;
    }
    __device__ Taps chroma_taps(int i) const {
        Taps t = rules::taps(chroma_offset + static_cast<float>(i) * (step * 0.5F), step * 0.5F);
        t.first += begin >> 1;
        return t;
    }
};

/// Samples of both planes for one column or row.
template <Format F> struct Samples {
    Taps luma, chroma;
    __device__ Samples(const Axis& axis, int i)
        : luma(axis.taps(i)),
          chroma(F == Format::nv12 ? axis.chroma_taps(i) : Taps{0, 0, 0, 0, 0}) {}
    __device__ Samples() {}
};

template <Format F>
__device__ __forceinline__ Rgb sample(const Picture& p, const Samples<F>& x, const Axis& across,
                                      const Samples<F>& y, const Axis& down) {
    if constexpr (F == Format::bgr) {
        float bgr[3] = {};
        sample_plane<3>(p.data, p.pitch, x.luma, across.reach, y.luma, down.reach, bgr);
        return {rules::level(bgr[2]), rules::level(bgr[1]), rules::level(bgr[0])};
    } else {
        float luma[1] = {}, colour[2] = {};
        sample_plane<1>(p.data, p.pitch, x.luma, across.reach, y.luma, down.reach, luma);
        sample_plane<2>(p.chroma, p.chroma_pitch, x.chroma, across.chroma_reach, y.chroma,
                        down.chroma_reach, colour);
        return rules::rgb_of(luma[0], colour[0], colour[1], p.bt709, p.full_range);
    }
}

template <Element E> struct Stored;
template <> struct Stored<Element::u8> {
    using Type = std::uint8_t;
    static __device__ Type of(float v) { return static_cast<std::uint8_t>(v); }
};
template <> struct Stored<Element::f32> {
    using Type = float;
    static __device__ Type of(float v) { return v; }
};
template <> struct Stored<Element::f16> {
    using Type = __half;
    static __device__ Type of(float v) { return __float2half_rn(v); }
};
template <> struct Stored<Element::bf16> {
    using Type = __nv_bfloat16;
    static __device__ Type of(float v) { return __float2bfloat16_rn(v); }
};

template <Element E, Layout L>
__device__ __forceinline__ void store(const ImageBatch& out, std::size_t image, int x, int y,
                                      const Rgb& value) {
    using S = Stored<E>;
    const std::size_t pixels = static_cast<std::size_t>(out.width) * out.height;
    const std::size_t pixel = static_cast<std::size_t>(y) * out.width + x;
    auto* const data = static_cast<typename S::Type*>(out.data) + image * pixels * 3;
    if constexpr (L == Layout::nchw) {
        data[pixel] = S::of(value.r);
        data[pixels + pixel] = S::of(value.g);
        data[2 * pixels + pixel] = S::of(value.b);
    } else {
        data[pixel * 3] = S::of(value.r);
        data[pixel * 3 + 1] = S::of(value.g);
        data[pixel * 3 + 2] = S::of(value.b);
    }
}

template <Element E> __device__ __forceinline__ Rgb scaled(const Rgb& level, const LevelScale& s) {
    if constexpr (E == Element::u8) return level;
    return {level.r * s.scale[0] + s.shift[0], level.g * s.scale[1] + s.shift[1],
            level.b * s.scale[2] + s.shift[2]};
}

/// A block makes a tile of 32 x 64 pixels of one image: a thread keeps its column's samples in
/// registers, the rows' lie in shared memory.
template <Format F, Element E, Layout L>
__global__ void __launch_bounds__(block_size)
    resample_tiles(const Picture* pictures, const Patch* patches, ImageBatch out, LevelScale levels,
                   int tiles_across, int tiles_down) {
    __shared__ Samples<F> rows[tile_height];
    const int tiles = tiles_across * tiles_down;
    const std::size_t image = blockIdx.x / tiles;
    const int tile = static_cast<int>(blockIdx.x % tiles);
    const Patch patch = patches[image];
    const Picture picture = pictures[patch.picture];
    const int left = tile % tiles_across * tile_width, top = tile / tiles_across * tile_height;
    const int thread = static_cast<int>(threadIdx.x);
    const Axis across(patch.x, patch.width, patch.out_width, picture.width);
    const Axis down(patch.y, patch.height, patch.out_height, picture.height);
    if (thread < tile_height) rows[thread] = Samples<F>(down, top + thread - patch.out_y);
    __syncthreads();
    const int x = left + thread % tile_width;
    if (x >= out.width) return;
    const int column = x - patch.out_x;
    const bool covered = column >= 0 && column < patch.out_width;
    const Samples<F> samples(across, column);
    const int bottom = min(top + tile_height, out.height);
    for (int y = top + thread / tile_width; y < bottom; y += tile_rows) {
        const int row = y - patch.out_y;
        const auto fill = static_cast<float>(out.fill);
        Rgb level{fill, fill, fill};
        if (covered && row >= 0 && row < patch.out_height)
            level = sample<F>(picture, samples, across, rows[y - top], down);
        store<E, L>(out, image, x, y, scaled<E>(level, levels));
    }
}

__device__ float block_sum(float value, float* scratch) {
    for (int offset = 16; offset > 0; offset /= 2)
        value += __shfl_xor_sync(0xFFFFFFFFU, value, offset);
    const int warp = static_cast<int>(threadIdx.x) / 32;
    if (threadIdx.x % 32 == 0) scratch[warp] = value;
    __syncthreads();
    float sum = 0;
    for (int i = 0; i < block_size / 32; ++i) sum += scratch[i];
    __syncthreads();
    return sum;
}

/// A block makes one image. Its levels wait in shared memory until mean and deviation are known; an
/// image that does not fit there is sampled twice.
template <Format F, Element E, Layout L>
__global__ void __launch_bounds__(block_size)
    resample_images(const Picture* pictures, const Patch* patches, ImageBatch out,
                    LevelScale levels, bool fits) {
    extern __shared__ uchar4 waiting[];
    __shared__ float scratch[block_size / 32];
    const std::size_t image = blockIdx.x;
    const Patch patch = patches[image];
    const Picture picture = pictures[patch.picture];
    const Axis across(patch.x, patch.width, patch.out_width, picture.width);
    const Axis down(patch.y, patch.height, patch.out_height, picture.height);
    const int pixels = out.width * out.height, thread = static_cast<int>(threadIdx.x);
    const auto level_at = [&](int i) -> Rgb {
        const int x = i % out.width - patch.out_x, y = i / out.width - patch.out_y;
        if (x < 0 || y < 0 || x >= patch.out_width || y >= patch.out_height) {
            const auto fill = static_cast<float>(out.fill);
            return {fill, fill, fill};
        }
        return sample<F>(picture, Samples<F>(across, x), across, Samples<F>(down, y), down);
    };
    const float origin = scaled<E>({128, 128, 128}, levels).g;  // so that sums keep their digits
    float sum = 0, squares = 0;
    for (int i = thread; i < pixels; i += block_size) {
        const Rgb level = level_at(i);
        if (fits)
            waiting[i] = make_uchar4(static_cast<unsigned char>(level.r),
                                     static_cast<unsigned char>(level.g),
                                     static_cast<unsigned char>(level.b), 0);
        const Rgb v = scaled<E>(level, levels);
        const float r = v.r - origin, g = v.g - origin, b = v.b - origin;
        sum += r + g + b;
        squares += r * r + g * g + b * b;
    }
    const float count = 3.0F * static_cast<float>(pixels);
    const float off = block_sum(sum, scratch) / count;
    const float variance = fmaxf(block_sum(squares, scratch) / count - off * off, 0);
    const float inverse = rsqrtf(variance + levels.least_variance), mean = origin + off;
    for (int i = thread; i < pixels; i += block_size) {
        Rgb level;
        if (fits) {
            const uchar4 w = waiting[i];
            level = {static_cast<float>(w.x), static_cast<float>(w.y), static_cast<float>(w.z)};
        } else {
            level = level_at(i);
        }
        const Rgb v = scaled<E>(level, levels);
        store<E, L>(out, image, i % out.width, i / out.width,
                    {(v.r - mean) * inverse, (v.g - mean) * inverse, (v.b - mean) * inverse});
    }
}

struct Call {
    const Picture* pictures;
    const Patch* patches;
    std::size_t images;
    ImageBatch out;
    LevelScale levels;
    cudaStream_t stream;
};

template <Format F, Element E, Layout L> void launch(const Call& c) {
    if (c.levels.per_image && E != Element::u8) {
        constexpr std::size_t portable_shared = 40 * 1024;
        const std::size_t bytes =
            static_cast<std::size_t>(c.out.width) * static_cast<std::size_t>(c.out.height) * 4;
        const bool fits = bytes <= portable_shared;
        resample_images<F, E, L>
            <<<static_cast<unsigned>(c.images), block_size, fits ? bytes : 0, c.stream>>>(
                c.pictures, c.patches, c.out, c.levels, fits);
    } else {
        const int across = (c.out.width + tile_width - 1) / tile_width;
        const int down = (c.out.height + tile_height - 1) / tile_height;
        const std::size_t blocks =
            c.images * static_cast<std::size_t>(across) * static_cast<std::size_t>(down);
        if (blocks > 0x7FFFFFFFU) throw DomainError("patches: too many for one call");
        resample_tiles<F, E, L><<<static_cast<unsigned>(blocks), block_size, 0, c.stream>>>(
            c.pictures, c.patches, c.out, c.levels, across, down);
    }
    check(cudaGetLastError(), "resample");
}

template <Format F, Element E> void launch_layout(const Call& c) {
    if (c.out.layout == Layout::nchw)
        launch<F, E, Layout::nchw>(c);
    else
        launch<F, E, Layout::nhwc>(c);
}

template <Format F> void launch_element(const Call& c) {
    switch (c.out.element) {
        case Element::u8:
            return launch_layout<F, Element::u8>(c);
        case Element::f32:
            return launch_layout<F, Element::f32>(c);
        case Element::f16:
            return launch_layout<F, Element::f16>(c);
        case Element::bf16:
            return launch_layout<F, Element::bf16>(c);
    }
}

}  // namespace

void resample(std::span<const Picture> pictures, std::span<const Patch> patches,
              const ImageBatch& out, const LevelScale& levels, GpuStream stream) {
    rules::check(pictures, patches, out);
    if (patches.empty()) return;
    const auto in = static_cast<cudaStream_t>(stream);
    const Workspace workspace(pictures.data(), pictures.size_bytes(), patches.data(),
                              patches.size_bytes(), in);
    const Format format = pictures[static_cast<std::size_t>(patches.front().picture)].format;
    for (const auto& patch : patches)
        if (pictures[static_cast<std::size_t>(patch.picture)].format != format)
            throw DomainError("pictures: of two formats in one call");
    const Call call{
        workspace.first<Picture>(), workspace.second<Patch>(), patches.size(), out, levels, in};
    if (format == Format::bgr)
        launch_element<Format::bgr>(call);
    else
        launch_element<Format::nv12>(call);
}

}  // namespace ekya::cuda
