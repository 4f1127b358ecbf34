// Patches of pictures to network inputs on a CPU.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "ekya/device/kernels.hpp"
#include "kernel_rules.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
// The compiler makes one form for processors with AVX2 and one for all others.
#define EKYA_VECTORISED __attribute__((target_clones("arch=haswell", "default")))
#else
#define EKYA_VECTORISED
#endif

namespace ekya {
namespace {

using rules::Rgb;
using rules::Taps;

/// Four floats at once; every processor of this kind has them.
using Four = float __attribute__((vector_size(16), aligned(4)));

/// Rows of samples, weighted and added: the first, the last, and those between them, whose weight
/// is one.
struct Rows {
    const std::uint8_t* first;
    const std::uint8_t* last;
    const std::uint16_t* middle;  ///< their sum
    float first_weight, middle_weight, last_weight;
};

EKYA_VECTORISED void add_up(const std::uint8_t* __restrict row, std::size_t count,
                            std::uint16_t* __restrict sum) {
    for (std::size_t i = 0; i < count; ++i) sum[i] = static_cast<std::uint16_t>(sum[i] + row[i]);
}

EKYA_VECTORISED void one_row(const Rows& r, std::size_t count, float* __restrict out) {
    const std::uint8_t* const first = r.first;
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<float>(first[i]);
}

EKYA_VECTORISED void two_rows(const Rows& r, std::size_t count, float* __restrict out) {
    const std::uint8_t *const first = r.first, *const last = r.last;
    const float a = r.first_weight, b = r.last_weight;
    for (std::size_t i = 0; i < count; ++i)
        out[i] = a * static_cast<float>(first[i]) + b * static_cast<float>(last[i]);
}

EKYA_VECTORISED void many_rows(const Rows& r, std::size_t count, float* __restrict out) {
    const std::uint8_t *const first = r.first, *const last = r.last;
    const std::uint16_t* const middle = r.middle;
    const float a = r.first_weight, b = r.last_weight, c = r.middle_weight;
    for (std::size_t i = 0; i < count; ++i)
        out[i] = a * static_cast<float>(first[i]) + c * static_cast<float>(middle[i]) +
                 b * static_cast<float>(last[i]);
}

/// Whole levels of values.
EKYA_VECTORISED void round_levels(const float* __restrict values, std::size_t count,
                                  std::uint8_t* __restrict levels) {
    for (std::size_t i = 0; i < count; ++i) {
        // Adding and taking off 2^23 rounds to the nearest whole number, of two to the even one.
        const float inside = std::min(std::max(values[i], 0.0F), 255.0F);
        levels[i] = static_cast<std::uint8_t>(static_cast<int>((inside + 8388608.0F) - 8388608.0F));
    }
}

/// The first three in reverse: BGR to RGB.
Four swapped(Four values) { return __builtin_shufflevector(values, values, 2, 1, 0, 3); }

/// A pixel's values; what is written behind them is written over by the next pixel's.
template <int Channels> void put(float* out, Four values) {
    *reinterpret_cast<Four*>(out) = Channels == 3 ? swapped(values) : values;
}

/// Where the samples of each output column, or row, lie in the columns of a region, clamped.
struct Axis {
    Axis(int begin, int length, int out_length, rules::Reach reach, float scale_of_plane)
        : low(reach.low), high(reach.high) {
        const float step =
            static_cast<float>(length) / static_cast<float>(out_length) * scale_of_plane;
        const int base = scale_of_plane < 1 ? begin >> 1 : begin;
        const float offset = scale_of_plane < 1 ? static_cast<float>(begin & 1) / 2 : 0;
        taps.reserve(static_cast<std::size_t>(out_length));
        for (int i = 0; i < out_length; ++i) {
            taps.push_back(rules::taps(offset + static_cast<float>(i) * step, step));
            Taps& t = taps.back();
            t.first += base;
            inside = inside && t.first >= low && t.first + t.count - 1 <= high;
            at_most_two = at_most_two && t.count <= 2;
            copied = copied && t.count == 1 && t.first == taps.front().first + i;
        }
        copied = copied && inside;
    }
    [[nodiscard]] int at(const Taps& t, int k) const {
        return rules::clamped(t.first + k, low, high);
    }
    std::vector<Taps> taps;
    int low, high;
    bool inside = true;       ///< no sample has to be clamped
    bool at_most_two = true;  ///< samples for each output
    bool copied = true;       ///< each output is the next sample
};

/// A plane of `Channels` values a pixel, resampled; three are BGR and become RGB.
template <int Channels> class Plane {
public:
    Plane(const std::uint8_t* data, std::ptrdiff_t pitch, Axis x, Axis y)
        : data_(data), pitch_(pitch), x_(std::move(x)), y_(std::move(y)) {
        count_ = static_cast<std::size_t>(x_.high - x_.low + 1) * Channels;
        row_.resize(count_ + 8);  // so many are read behind the last
        middle_.resize(count_);
    }
    /// One output row, channels side by side; `out` has room for four more.
    void row(int index, float* out) {
        const Taps& t = y_.taps[static_cast<std::size_t>(index)];
        const auto source = [&](int k) {
            return data_ + y_.at(t, k) * pitch_ + static_cast<std::ptrdiff_t>(x_.low) * Channels;
        };
        Rows rows{source(0), source(t.count - 1), middle_.data(), t.first_weight,
                  t.middle,  t.last_weight};
        float* const to = x_.copied ? out : row_.data();
        if (x_.copied) {
            const auto skipped =
                static_cast<std::ptrdiff_t>(x_.taps.front().first - x_.low) * Channels;
            rows.first += skipped;
            rows.last += skipped;
        }
        const std::size_t count = x_.copied ? x_.taps.size() * Channels : count_;
        if (t.count == 1) {
            one_row(rows, count, to);
        } else if (t.count == 2) {
            two_rows(rows, count, to);
        } else {
            add_middle(t, source, x_.copied ? rows.first - source(0) : 0, count);
            many_rows(rows, count, to);
        }
        if (x_.copied && Channels == 3)
            for (std::size_t i = 0; i < count; i += 3) std::swap(out[i], out[i + 2]);
        if (x_.copied) return;
        if (x_.inside && x_.at_most_two) return two_columns(out);
        for (const Taps& column : x_.taps) {
            put<Channels>(out, columns(column));
            out += Channels;
        }
    }

private:
    template <typename Source>
    void add_middle(const Taps& t, const Source& source, std::ptrdiff_t skipped,
                    std::size_t count) {
        constexpr int most = 255;  // rows whose sum fits 16 bits
        const int rows = std::min(t.count - 2, most);
        std::fill_n(middle_.begin(), count, std::uint16_t{0});
        // Of more rows every k-th stands for k; a picture shrunk 256 times loses nothing by that.
        for (int i = 0; i < rows; ++i)
            add_up(
                source(1 + static_cast<int>(static_cast<std::int64_t>(i) * (t.count - 2) / rows)) +
                    skipped,
                count, middle_.data());
        if (rows < t.count - 2)
            for (std::size_t i = 0; i < count; ++i)
                middle_[i] = static_cast<std::uint16_t>(
                    std::min<std::int64_t>(65535, std::int64_t{middle_[i]} * (t.count - 2) / rows));
    }
    void two_columns(float* out) const {
        for (const Taps& t : x_.taps) {
            const float* const first =
                row_.data() + static_cast<std::ptrdiff_t>(t.first - x_.low) * Channels;
            // A weight of 0 for the second where there is but one; its values are read all the
            // same.
            put<Channels>(out,
                          *reinterpret_cast<const Four*>(first) * t.first_weight +
                              *reinterpret_cast<const Four*>(first + Channels) * t.last_weight);
            out += Channels;
        }
    }
    [[nodiscard]] Four columns(const Taps& t) const {
        const float* const row = row_.data();
        const auto sample = [&](int k) {
            return *reinterpret_cast<const Four*>(
                row +
                static_cast<std::ptrdiff_t>((x_.inside ? t.first + k : x_.at(t, k)) - x_.low) *
                    Channels);
        };
        Four sum = sample(0) * t.first_weight;
        if (t.count > 2) {
            Four middle = sample(1);
            for (int k = 2; k < t.count - 1; ++k) middle += sample(k);
            sum += middle * t.middle;
        }
        if (t.count > 1) sum += sample(t.count - 1) * t.last_weight;
        return sum;
    }

    const std::uint8_t* data_;
    std::ptrdiff_t pitch_;
    Axis x_, y_;
    std::size_t count_ = 0;
    std::vector<float> row_;
    std::vector<std::uint16_t> middle_;
};

/// Levels of one patch, [out_height, out_width, 3] RGB.
void levels_of(const Picture& picture, const Patch& patch, std::vector<std::uint8_t>& levels) {
    const auto width = static_cast<std::size_t>(patch.out_width);
    levels.resize(width * static_cast<std::size_t>(patch.out_height) * 3);
    const auto columns = rules::reach(patch.x, patch.width, picture.width);
    const auto rows = rules::reach(patch.y, patch.height, picture.height);
    std::vector<float> values(width * 3 + 4);
    std::uint8_t* out = levels.data();
    const Axis across(patch.x, patch.width, patch.out_width, columns, 1);
    const Axis down(patch.y, patch.height, patch.out_height, rows, 1);
    if (picture.format == Picture::Format::bgr) {
        Plane<3> plane(picture.data, picture.pitch, across, down);
        for (int y = 0; y < patch.out_height; ++y, out += width * 3) {
            plane.row(y, values.data());
            round_levels(values.data(), width * 3, out);
        }
        return;
    }
    const auto halved = [](rules::Reach r) { return rules::Reach{r.low / 2, r.high / 2}; };
    Plane<1> plane(picture.data, picture.pitch, across, down);
    Plane<2> chroma(picture.chroma, picture.chroma_pitch,
                    {patch.x, patch.width, patch.out_width, halved(columns), 0.5F},
                    {patch.y, patch.height, patch.out_height, halved(rows), 0.5F});
    std::vector<float> luma(width + 4), colour(width * 2 + 4);
    for (int y = 0; y < patch.out_height; ++y) {
        plane.row(y, luma.data());
        chroma.row(y, colour.data());
        for (std::size_t i = 0; i < width; ++i, out += 3) {
            const Rgb rgb = rules::rgb_of(luma[i], colour[2 * i], colour[2 * i + 1], picture.bt709,
                                          picture.full_range);
            out[0] = static_cast<std::uint8_t>(rgb.r);
            out[1] = static_cast<std::uint8_t>(rgb.g);
            out[2] = static_cast<std::uint8_t>(rgb.b);
        }
    }
}

/// The upper half of the bits, rounded to the nearest even.
std::uint16_t bfloat16_of(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

/// IEEE 754 half precision, rounded to the nearest even; for magnitudes below 65,520.
std::uint16_t half_of(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
    const float magnitude = std::fabs(value);
    if (magnitude < 6.103515625e-05F)  // below the normal numbers: multiples of 2^-24
        return static_cast<std::uint16_t>(
            sign | static_cast<std::uint16_t>(std::nearbyint(magnitude * 16777216.0F)));
    const std::uint32_t rounded = (bits & 0x7FFFFFFFU) + 0xFFFU + ((bits >> 13U) & 1U);
    return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000U) >> 13U));
}

/// value = level * factor + summand, for the channels in the order of the levels.
struct Scale {
    float factor[3], summand[3];
};

/// Sums of the levels of three channels side by side, and of their squares.
struct LevelSums {
    std::uint64_t sum[3] = {}, squares[3] = {};
};

EKYA_VECTORISED LevelSums sums_of(const std::uint8_t* levels, std::size_t pixels) {
    LevelSums sums;
    constexpr std::size_t stretch = 8192;  // pixels whose sums fit 32 bits
    for (std::size_t first = 0; first < pixels; first += stretch) {
        std::uint32_t a = 0, b = 0, c = 0, aa = 0, bb = 0, cc = 0;
        const std::size_t last = std::min(first + stretch, pixels);
        for (std::size_t i = first; i < last; ++i) {
            const std::uint32_t x = levels[3 * i], y = levels[3 * i + 1], z = levels[3 * i + 2];
            a += x;
            b += y;
            c += z;
            aa += x * x;
            bb += y * y;
            cc += z * z;
        }
        sums.sum[0] += a;
        sums.sum[1] += b;
        sums.sum[2] += c;
        sums.squares[0] += aa;
        sums.squares[1] += bb;
        sums.squares[2] += cc;
    }
    return sums;
}

Scale scale_of(const std::vector<std::uint8_t>& image, const LevelScale& levels) {
    Scale scale{};
    for (std::size_t c = 0; c < 3; ++c) {
        scale.factor[c] = levels.scale[c];
        scale.summand[c] = levels.shift[c];
    }
    if (!levels.per_image) return scale;
    const std::size_t pixels = image.size() / 3;
    const LevelSums sums = sums_of(image.data(), pixels);
    double sum = 0, squares = 0;
    for (int c = 0; c < 3; ++c) {
        const double f = scale.factor[c], s = scale.summand[c], n = static_cast<double>(pixels);
        const auto x = static_cast<double>(sums.sum[c]), xx = static_cast<double>(sums.squares[c]);
        sum += f * x + s * n;
        squares += f * f * xx + 2 * f * s * x + s * s * n;
    }
    const double count = static_cast<double>(image.size()), mean = sum / count;
    const auto inverse = static_cast<float>(
        1 / std::sqrt(std::max(squares / count - mean * mean, 0.0) + levels.least_variance));
    for (int c = 0; c < 3; ++c) {
        scale.factor[c] *= inverse;
        scale.summand[c] = (scale.summand[c] - static_cast<float>(mean)) * inverse;
    }
    return scale;
}

/// Channels side by side.
EKYA_VECTORISED void scale_interleaved(const std::uint8_t* __restrict levels, std::size_t count,
                                       const Scale& s, float* __restrict out) {
    constexpr std::size_t block = 24;  // whole pixels and whole vectors
    float factor[block], summand[block];
    for (std::size_t i = 0; i < block; ++i) {
        factor[i] = s.factor[i % 3];
        summand[i] = s.summand[i % 3];
    }
    std::size_t i = 0;
    for (; i + block <= count; i += block)
        for (std::size_t k = 0; k < block; ++k)
            out[i + k] = static_cast<float>(levels[i + k]) * factor[k] + summand[k];
    for (; i < count; ++i) out[i] = static_cast<float>(levels[i]) * factor[i % 3] + summand[i % 3];
}

/// One channel of three side by side.
EKYA_VECTORISED void scale_plane(const std::uint8_t* __restrict levels, std::size_t pixels,
                                 float factor, float summand, float* __restrict out) {
    for (std::size_t i = 0; i < pixels; ++i)
        out[i] = static_cast<float>(levels[3 * i]) * factor + summand;
}

/// All values of an image as floats, in the layout of the output.
void scale_image(const std::vector<std::uint8_t>& levels, const Scale& scale,
                 ImageBatch::Layout layout, float* out) {
    const std::size_t pixels = levels.size() / 3;
    if (layout == ImageBatch::Layout::nhwc)
        return scale_interleaved(levels.data(), levels.size(), scale, out);
    for (std::size_t c = 0; c < 3; ++c)
        scale_plane(levels.data() + c, pixels, scale.factor[c], scale.summand[c], out + c * pixels);
}

void store_levels(const std::vector<std::uint8_t>& levels, ImageBatch::Layout layout,
                  std::uint8_t* out) {
    if (layout == ImageBatch::Layout::nhwc) {
        std::copy(levels.begin(), levels.end(), out);
        return;
    }
    const std::size_t pixels = levels.size() / 3;
    for (std::size_t i = 0; i < levels.size(); ++i) out[i % 3 * pixels + i / 3] = levels[i];
}

}  // namespace

void resample(std::span<const Picture> pictures, std::span<const Patch> patches,
              const ImageBatch& out, const LevelScale& levels) {
    rules::check(pictures, patches, out);
    const auto pixels = static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height);
    std::vector<std::uint8_t> part, image(pixels * 3);
    std::vector<float> values;
    for (std::size_t n = 0; n < patches.size(); ++n) {
        const Patch& patch = patches[n];
        const Picture& picture = pictures[static_cast<std::size_t>(patch.picture)];
        levels_of(picture, patch, part);
        const bool whole = part.size() == image.size();
        if (!whole) {
            std::fill(image.begin(), image.end(), static_cast<std::uint8_t>(out.fill));
            const auto row = static_cast<std::size_t>(patch.out_width) * 3;
            for (int y = 0; y < patch.out_height; ++y)
                std::copy_n(
                    part.begin() + static_cast<std::ptrdiff_t>(row) * y, row,
                    image.begin() +
                        (static_cast<std::ptrdiff_t>(patch.out_y + y) * out.width + patch.out_x) *
                            3);
        }
        const auto& source = whole ? part : image;
        const std::size_t at = n * pixels * 3;
        if (out.element == ImageBatch::Element::u8) {
            store_levels(source, out.layout, static_cast<std::uint8_t*>(out.data) + at);
            continue;
        }
        const Scale scale = scale_of(source, levels);
        if (out.element == ImageBatch::Element::f32) {
            scale_image(source, scale, out.layout, static_cast<float*>(out.data) + at);
            continue;
        }
        values.resize(pixels * 3);
        scale_image(source, scale, out.layout, values.data());
        std::transform(values.begin(), values.end(), static_cast<std::uint16_t*>(out.data) + at,
                       out.element == ImageBatch::Element::f16 ? half_of : bfloat16_of);
    }
}

}  // namespace ekya
