#include "ekya/device/kernels.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "ekya/core/errors.hpp"
#include "kernel_rules.hpp"

namespace ekya {

namespace rules {

void check(std::span<const Picture> pictures, std::span<const Patch> patches,
           const ImageBatch& out) {
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        const auto& p = pictures[i];
        const bool nv12 = p.format == Picture::Format::nv12;
        if (p.width < 1 || p.height < 1 || p.data == nullptr ||
            p.pitch < static_cast<std::ptrdiff_t>(p.width) * (nv12 ? 1 : 3) ||
            (nv12 && (p.width % 2 != 0 || p.height % 2 != 0 || p.chroma == nullptr ||
                      p.chroma_pitch < p.width)))
            throw DomainError("picture " + std::to_string(i) + ": size, pitch or planes of a " +
                              std::to_string(p.width) + " x " + std::to_string(p.height) +
                              " picture do not fit its format");
    }
    if (out.width < 1 || out.height < 1 || (out.data == nullptr && !patches.empty()))
        throw DomainError("output: " + std::to_string(out.width) + " x " +
                          std::to_string(out.height) + " pixels, or no memory");
    for (std::size_t i = 0; i < patches.size(); ++i) {
        const auto& p = patches[i];
        if (p.picture < 0 || p.picture >= static_cast<int>(pictures.size()) || p.width < 1 ||
            p.height < 1 || p.out_width < 1 || p.out_height < 1 || p.out_x < 0 || p.out_y < 0 ||
            p.out_width > out.width - p.out_x || p.out_height > out.height - p.out_y)
            throw DomainError(
                "patch " + std::to_string(i) +
                ": its picture, its region or its place in the output is out of range");
    }
}

void check(const Picture& before, const Picture& after) {
    if (before.format != after.format || before.width != after.width ||
        before.height != after.height || before.width < 1 || before.height < 1)
        throw DomainError("pictures: " + std::to_string(before.width) + " x " +
                          std::to_string(before.height) + " and " + std::to_string(after.width) +
                          " x " + std::to_string(after.height) + " pixels cannot be compared");
}

void check(const BoxBatch& batch) {
    if (batch.images < 0 || batch.boxes < 0 || batch.boxes > most_boxes)
        throw DomainError("boxes: " + std::to_string(batch.boxes) + " of an image, at most " +
                          std::to_string(most_boxes) + " are possible");
}

}  // namespace rules

Patch letterbox(const Picture& picture, int index, int width, int height) {
    if (picture.width < 1 || picture.height < 1 || width < 1 || height < 1)
        throw DomainError("letterbox: a side is below 1 pixel");
    const double scale = std::min(static_cast<double>(width) / picture.width,
                                  static_cast<double>(height) / picture.height);
    const auto side = [scale](int length, int most) {
        return std::clamp(static_cast<int>(std::lround(length * scale)), 1, most);
    };
    Patch patch{index,
                0,
                0,
                picture.width,
                picture.height,
                0,
                0,
                side(picture.width, width),
                side(picture.height, height)};
    patch.out_x = (width - patch.out_width) / 2;
    patch.out_y = (height - patch.out_height) / 2;
    return patch;
}

void frame_difference(const Picture& before, const Picture& after, int threshold,
                      std::uint8_t* changed) {
    rules::check(before, after);
    for (int y = 0; y < before.height; ++y) {
        const std::uint8_t *a = before.data + y * before.pitch, *b = after.data + y * after.pitch;
        std::uint8_t* const out = changed + static_cast<std::ptrdiff_t>(y) * before.width;
        const auto differs = [threshold](int left, int right) {
            return static_cast<std::uint8_t>(std::abs(left - right) > threshold ? 255 : 0);
        };
        if (before.format == Picture::Format::nv12)
            for (int x = 0; x < before.width; ++x) out[x] = differs(a[x], b[x]);
        else
            for (int x = 0; x < before.width; ++x, a += 3, b += 3)
                out[x] =
                    differs(rules::luma_of(a[0], a[1], a[2]), rules::luma_of(b[0], b[1], b[2]));
    }
}

void suppress_boxes(const BoxBatch& batch, float iou, float least_score, std::uint8_t* keep) {
    rules::check(batch);
    std::vector<int> order, kept;
    for (int image = 0; image < batch.images; ++image) {
        const auto first = static_cast<std::ptrdiff_t>(image) * batch.boxes;
        const float* const scores = batch.scores + first;
        const float* const corners = batch.corners + first * 4;
        const auto class_of = [&](int i) { return batch.classes ? batch.classes[first + i] : 0; };
        std::fill_n(keep + first, batch.boxes, std::uint8_t{0});
        order.clear();
        for (int i = 0; i < batch.boxes; ++i)
            if (scores[i] >= least_score) order.push_back(i);  // not NaN
        std::stable_sort(order.begin(), order.end(),
                         [scores](int a, int b) { return scores[a] > scores[b]; });
        kept.clear();
        for (const int i : order) {
            const bool suppressed = std::any_of(kept.begin(), kept.end(), [&](int k) {
                return class_of(k) == class_of(i) &&
                       rules::iou_of(corners + 4 * k, corners + 4 * i) > iou;
            });
            if (suppressed) continue;
            kept.push_back(i);
            keep[first + i] = 1;
        }
    }
}

}  // namespace ekya
