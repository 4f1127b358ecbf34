#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ekya/device/gpu_stream.hpp"

namespace ekya {

// Pictures to network inputs, differences of frames and suppression of boxes, each once for the CPU
// and once for CUDA. The CPU form defines the result; the CUDA form gives the same up to rounding.
// All pointers of a call are to memory of the device it runs on, but for spans, which are the
// host's.

/// A decoded picture, 8 bits per channel.
struct Picture {
    enum class Format : std::uint8_t {
        bgr,  ///< packed, `data` only
        nv12  ///< luma in `data`, then pairs of Cb and Cr for 2 x 2 pixels in `chroma`
    };
    Format format = Format::bgr;
    int width = 0, height = 0;  ///< pixels; > 0; even for nv12
    const std::uint8_t* data = nullptr;
    std::ptrdiff_t pitch = 0;  ///< bytes from one row to the next
    const std::uint8_t* chroma = nullptr;
    std::ptrdiff_t chroma_pitch = 0;
    bool bt709 = false;       ///< nv12: matrix of ITU-R BT.709, else of BT.601
    bool full_range = false;  ///< nv12: levels 0 to 255, else 16 to 235 (luma), 240 (chroma)
};

/// A region of a picture and where in the output it comes to lie. The region may leave the picture:
/// its border is repeated there. Shrunk by area means, enlarged bilinearly, each axis for itself; a
/// level is rounded to a whole number, as in the crops that ingestion stores (video/crops.hpp).
struct Patch {
    int picture = 0;                          ///< index
    int x = 0, y = 0, width = 0, height = 0;  ///< pixels of the picture; width and height > 0
    int out_x = 0, out_y = 0, out_width = 0, out_height = 0;  ///< inside the output; > 0
};

/// The whole picture as large as it fits into width x height with its aspect kept, centred.
/// @throws DomainError if a side is below 1
[[nodiscard]] Patch letterbox(const Picture& picture, int index, int width, int height);

/// The images that patches become: one [3, height, width] or [height, width, 3] for each, RGB.
struct ImageBatch {
    enum class Element : std::uint8_t { u8, f32, f16, bf16 };
    enum class Layout : std::uint8_t { nchw, nhwc };
    void* data = nullptr;  ///< room for all patches
    int width = 0, height = 0;
    Element element = Element::f32;
    Layout layout = Layout::nhwc;
    int fill = 114;  ///< level of what no patch covers, 0 to 255
};

/// value = level * scale + shift, per channel of RGB, levels 0 to 255; u8 output keeps the levels.
struct LevelScale {
    std::array<float, 3> scale{1 / 255.0F, 1 / 255.0F, 1 / 255.0F}, shift{};
    /// Then each image is brought to mean 0 and deviation 1 over all its values, `least_variance`
    /// added to the variance.
    bool per_image = false;
    float least_variance = 0;
};

/// @throws DomainError if a picture, a patch or the output does not make sense
void resample(std::span<const Picture> pictures, std::span<const Patch> patches,
              const ImageBatch& out, const LevelScale& levels);

/// changed[y * width + x] = 255 where the luma of two pictures of one size and format differs by
/// more than `threshold`, else 0. Luma of BGR: (29 B + 150 G + 77 R + 128) / 256.
/// @throws DomainError for pictures that differ in size or format
void frame_difference(const Picture& before, const Picture& after, int threshold,
                      std::uint8_t* changed);

/// Boxes of several images: [images, boxes, 4] as x0, y0, x1, y1, with scores [images, boxes].
struct BoxBatch {
    int images = 0, boxes = 0;  ///< boxes of each image, at most most_boxes
    const float* corners = nullptr;
    const float* scores = nullptr;
    const std::int32_t* classes = nullptr;  ///< [images, boxes]; boxes of two classes never
                                            ///< suppress each other; null = one class
};
inline constexpr int most_boxes = 4096;

/// Greedy non-maximum suppression: boxes in the order of falling score (of equal ones the first)
/// are kept unless a kept one of the same class has an IoU above `iou` with it. Scores below
/// `least_score` and those that are no numbers are not kept.
/// @param keep [images, boxes], 1 = kept
/// @throws DomainError for sizes out of range
void suppress_boxes(const BoxBatch& batch, float iou, float least_score, std::uint8_t* keep);

namespace cuda {

// The same on a CUDA device, the current one of the calling thread, in the stream's order: a call
// returns before the work is done. @throws SystemError naming what the driver said; DomainError
void resample(std::span<const Picture> pictures, std::span<const Patch> patches,
              const ImageBatch& out, const LevelScale& levels, GpuStream stream);
void frame_difference(const Picture& before, const Picture& after, int threshold,
                      std::uint8_t* changed, GpuStream stream);
void suppress_boxes(const BoxBatch& batch, float iou, float least_score, std::uint8_t* keep,
                    GpuStream stream);

}  // namespace cuda
}  // namespace ekya
