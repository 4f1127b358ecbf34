#include "frame_tensor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "crop_tensor.hpp"
#include "ekya/core/errors.hpp"
#include "zoo.hpp"

namespace ekya {
namespace {

constexpr std::size_t most_peaks = 300;  // of a picture
constexpr float most_overlap = 0.5F;
constexpr float longest = 6;  // logarithm of a distance in strides: beyond any input's side

Picture picture_of(const FrameImage& frame) {
    return {Picture::Format::bgr, frame.width, frame.height, frame.bgr.data(),
            std::ptrdiff_t{3} * frame.width};
}

/// One picture's maps, [4 + classes, h, w].
class Maps {
public:
    Maps(const float* data, std::int64_t classes, std::int64_t height, std::int64_t width)
        : data_(data), classes_(classes), height_(height), width_(width) {}

    [[nodiscard]] std::vector<ScoredBox> peaks(float least_logit) const {
        std::vector<ScoredBox> found;
        for (std::int64_t c = 0; c < classes_; ++c) {
            const float* map = data_ + (box_outputs + c) * height_ * width_;
            for (std::int64_t y = 0; y < height_; ++y)
                for (std::int64_t x = 0; x < width_; ++x)
                    if (map[y * width_ + x] >= least_logit && is_peak(map, x, y))
                        found.push_back({box_at(x, y), static_cast<int>(c),
                                         1 / (1 + std::exp(-map[y * width_ + x]))});
        }
        return found;
    }

private:
    /// No neighbour is higher, none before it as high.
    [[nodiscard]] bool is_peak(const float* map, std::int64_t x, std::int64_t y) const {
        const float value = map[y * width_ + x];
        for (std::int64_t v = std::max<std::int64_t>(y - 1, 0); v <= std::min(y + 1, height_ - 1);
             ++v)
            for (std::int64_t u = std::max<std::int64_t>(x - 1, 0);
                 u <= std::min(x + 1, width_ - 1); ++u) {
                const float other = map[v * width_ + u];
                const bool before = v < y || (v == y && u < x);
                if (other > value || (before && other == value)) return false;
            }
        return true;
    }
    [[nodiscard]] Box box_at(std::int64_t x, std::int64_t y) const {
        const auto distance = [&](std::int64_t i) {
            const float value = data_[(i * height_ + y) * width_ + x];
            return detector_stride * std::exp(std::min<double>(value, longest));
        };
        const double cx = detector_stride * (static_cast<double>(x) + 0.5),
                     cy = detector_stride * (static_cast<double>(y) + 0.5);
        return {cx - distance(0), cy - distance(1), cx + distance(2), cy + distance(3)};
    }

    const float* data_;
    std::int64_t classes_, height_, width_;
};

/// By falling score, the best of them, without those that lie on a better one.
std::vector<ScoredBox> without_doubles(std::vector<ScoredBox> boxes) {
    std::stable_sort(boxes.begin(), boxes.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    if (boxes.size() > most_peaks) boxes.resize(most_peaks);
    if (boxes.empty()) return boxes;
    std::vector<float> corners, scores;
    std::vector<std::int32_t> classes;
    for (const auto& [box, label, score] : boxes) {
        for (const double value : {box.x0, box.y0, box.x1, box.y1})
            corners.push_back(static_cast<float>(value));
        scores.push_back(static_cast<float>(score));
        classes.push_back(label);
    }
    std::vector<std::uint8_t> keep(boxes.size());
    suppress_boxes(
        {1, static_cast<int>(boxes.size()), corners.data(), scores.data(), classes.data()},
        most_overlap, 0, keep.data());
    std::vector<ScoredBox> kept;
    for (std::size_t i = 0; i < boxes.size(); ++i)
        if (keep[i]) kept.push_back(boxes[i]);
    return kept;
}

}  // namespace

Letterbox::Letterbox(int frame_width, int frame_height, int width, int height)
    : patch_(letterbox({Picture::Format::bgr, frame_width, frame_height}, 0, width, height)),
      frame_width_(frame_width),
      frame_height_(frame_height) {}

Box Letterbox::into(const Box& box) const {
    const double x = patch_.out_width / frame_width_, y = patch_.out_height / frame_height_;
    return {box.x0 * x + patch_.out_x, box.y0 * y + patch_.out_y, box.x1 * x + patch_.out_x,
            box.y1 * y + patch_.out_y};
}

Box Letterbox::back(const Box& box) const {
    const double x = frame_width_ / patch_.out_width, y = frame_height_ / patch_.out_height;
    return clip({(box.x0 - patch_.out_x) * x, (box.y0 - patch_.out_y) * y,
                 (box.x1 - patch_.out_x) * x, (box.y1 - patch_.out_y) * y},
                frame_width_, frame_height_);
}

torch::Tensor frame_tensor(std::span<const FrameImage* const> frames, int width, int height,
                           const torch::Device& device) {
    auto values = torch::empty({static_cast<std::int64_t>(frames.size()), height, width, 3});
    std::vector<Picture> pictures;
    std::vector<Patch> patches;
    for (const auto* frame : frames) {
        pictures.push_back(picture_of(*frame));
        patches.push_back(Letterbox(frame->width, frame->height, width, height).patch());
        patches.back().picture = static_cast<int>(patches.size()) - 1;
    }
    LevelScale levels;
    levels.per_image = true;
    levels.least_variance = static_cast<float>(least_variance);
    if (!frames.empty())
        resample(pictures, patches, {values.data_ptr<float>(), width, height}, levels);
    return values.permute({0, 3, 1, 2}).to(device);
}

std::vector<std::vector<ScoredBox>> boxes_of(const torch::Tensor& outputs, double min_score) {
    const auto maps = outputs.detach().to(torch::kFloat32).cpu().contiguous();
    const auto classes = maps.size(1) - box_outputs, height = maps.size(2), width = maps.size(3);
    const auto least_logit = min_score > 0
                                 ? static_cast<float>(std::log(min_score / (1 - min_score)))
                                 : -std::numeric_limits<float>::infinity();
    std::vector<std::vector<ScoredBox>> boxes;
    for (std::int64_t i = 0; i < maps.size(0); ++i)
        boxes.push_back(without_doubles(
            Maps(maps.data_ptr<float>() + i * maps.stride(0), classes, height, width)
                .peaks(least_logit)));
    return boxes;
}

}  // namespace ekya
