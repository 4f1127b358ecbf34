#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "detection_head.hpp"
#include "sent.hpp"
#include "zoo.hpp"

namespace ekya {
namespace {

constexpr float most_overlap_of_cells = 0.45F;
constexpr double objectness_power = 0.6, class_power = 0.4;
// Of the loss, beside that of classes:
constexpr double sides_weight = 2, objectness_weight = 2;
constexpr double least_sure = 0.3;  // objectness from which another network's boxes count

double sigmoid(double value) { return 1 / (1 + std::exp(-value)); }

/// One picture's outputs, [5 + classes, h, w].
class Cells {
public:
    Cells(const float* data, std::int64_t classes, std::int64_t height, std::int64_t width)
        : data_(data), classes_(classes), height_(height), width_(width) {}

    [[nodiscard]] std::vector<ScoredBox> candidates(double min_score) const {
        std::vector<ScoredBox> found;
        for (std::int64_t y = 0; y < height_; ++y)
            for (std::int64_t x = 0; x < width_; ++x) {
                const double objectness = std::pow(sigmoid(at(0, y, x)), objectness_power);
                if (!(objectness >= min_score)) continue;  // the class can only lower the score
                const auto [label, probability] = best_class(y, x);
                const double score = objectness * std::pow(probability, class_power);
                if (score >= min_score) found.push_back({box_at(y, x), label, score});
            }
        return found;
    }

private:
    [[nodiscard]] double at(std::int64_t channel, std::int64_t y, std::int64_t x) const {
        return data_[(channel * height_ + y) * width_ + x];
    }
    [[nodiscard]] std::pair<int, double> best_class(std::int64_t y, std::int64_t x) const {
        int best = 0;
        for (int c = 1; c < classes_; ++c)
            if (at(cell_outputs + c, y, x) > at(cell_outputs + best, y, x)) best = c;
        double sum = 0;
        for (int c = 0; c < classes_; ++c)
            sum += std::exp(at(cell_outputs + c, y, x) - at(cell_outputs + best, y, x));
        return {best, 1 / sum};
    }
    /// Inside the picture, which may leave nothing of it.
    [[nodiscard]] Box box_at(std::int64_t y, std::int64_t x) const {
        const auto width = static_cast<double>(cell_stride * width_),
                   height = static_cast<double>(cell_stride * height_);
        const double cx = cell_stride * (static_cast<double>(x) + std::tanh(at(1, y, x))),
                     cy = cell_stride * (static_cast<double>(y) + std::tanh(at(2, y, x))),
                     rx = sigmoid(at(3, y, x)) * width / 2, ry = sigmoid(at(4, y, x)) * height / 2;
        return clip({cx - rx, cy - ry, cx + rx, cy + ry}, width, height);
    }

    const float* data_;
    std::int64_t classes_, height_, width_;
};

/// Which cells may tell an object: the four around its centre, as far as they are in the picture
/// and no smaller object's.
class CellTargets {
public:
    CellTargets(const std::vector<std::vector<TargetBox>>& pictures, std::int64_t height,
                std::int64_t width)
        : counts_(torch::ones({static_cast<std::int64_t>(pictures.size()), height, width})),
          height_(height),
          width_(width) {
        for (std::size_t i = 0; i < pictures.size(); ++i)
            place(static_cast<std::int64_t>(i), pictures[i]);
    }

    torch::Tensor counts_;              ///< [N, h, w]: 0 where nothing is to be learned
    std::vector<std::int64_t> cells_;   ///< n * h * w + y * w + x
    std::vector<std::int64_t> labels_;  ///< of cells
    std::vector<float> corners_;        ///< of cells' objects, 4 each, pixels
    std::vector<float> origins_;        ///< of cells, 2 each, pixels
    std::vector<float> weights_;        ///< of cells; 1 for all of an object
    int objects_ = 0;

private:
    void place(std::int64_t picture, const std::vector<TargetBox>& boxes) {
        std::vector<const TargetBox*> order;
        for (const auto& box : boxes) {
            if (box.ignore)
                ignore(picture, box.box);
            else
                order.push_back(&box);
        }
        std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
            return a->box.area() < b->box.area();
        });
        std::vector<bool> taken(static_cast<std::size_t>(height_ * width_), false);
        for (const auto* object : order) place(picture, *object, taken);
    }

    /// Cells from which a centre in the box can be told, less than a cell away.
    void ignore(std::int64_t picture, const Box& box) {
        const auto within = [](std::int64_t cell, double from, double to) {
            const auto corner = static_cast<double>(cell_stride * cell);
            return corner > from - cell_stride && corner < to + cell_stride;
        };
        auto counts = counts_.accessor<float, 3>();
        for (std::int64_t y = 0; y < height_; ++y)
            for (std::int64_t x = 0; x < width_; ++x)
                if (within(x, box.x0, box.x1) && within(y, box.y0, box.y1))
                    counts[picture][y][x] = 0;
    }

    void place(std::int64_t picture, const TargetBox& object, std::vector<bool>& taken) {
        const auto& box = object.box;
        const auto cell = [](double centre) {
            return static_cast<std::int64_t>(std::floor(centre / cell_stride));
        };
        const auto cx = cell((box.x0 + box.x1) / 2), cy = cell((box.y0 + box.y1) / 2);
        const auto before = cells_.size();
        auto counts = counts_.accessor<float, 3>();
        for (auto y = std::max<std::int64_t>(cy, 0); y <= std::min(cy + 1, height_ - 1); ++y)
            for (auto x = std::max<std::int64_t>(cx, 0); x <= std::min(cx + 1, width_ - 1); ++x) {
                const auto index = static_cast<std::size_t>(y * width_ + x);
                if (taken[index]) continue;
                taken[index] = true;
                counts[picture][y][x] = 1;
                cells_.push_back((picture * height_ + y) * width_ + x);
                labels_.push_back(object.label);
                for (const double corner : {box.x0, box.y0, box.x1, box.y1})
                    corners_.push_back(static_cast<float>(corner));
                origins_.push_back(static_cast<float>(cell_stride * x));
                origins_.push_back(static_cast<float>(cell_stride * y));
            }
        const auto count = cells_.size() - before;
        weights_.insert(weights_.end(), count,
                        1 / static_cast<float>(std::max<std::size_t>(count, 1)));
        objects_ += count > 0 ? 1 : 0;
    }

    std::int64_t height_, width_;
};

/// Generalised IoU of boxes, quality focal loss of objectness, cross entropy of classes. All cells
/// that may tell an object do, and their objectness shall be the IoU that they reach.
/// Source: FastestDet's training (2022): four cells for each object, IoU as objectness; Li et al.,
/// "Generalized focal loss" (NeurIPS 2020), with exponent 1.
/// Ours: of the four cells FastestDet trains those that fit better than the batch's average, and
/// takes SIoU, smooth L1 for objectness, and means over cells instead of sums over objects.
class CellHead : public DetectionHead {
public:
    double usual_min_score() const override { return 0.6; }
    double longest_gradient() const override { return 1000; }  // its losses are sums of more cells
    std::vector<std::vector<ScoredBox>> boxes_of(const torch::Tensor& outputs,
                                                 double min_score) const override {
        const auto maps = outputs.detach().to(torch::kFloat32).cpu().contiguous();
        std::vector<std::vector<ScoredBox>> boxes;
        for (std::int64_t i = 0; i < maps.size(0); ++i) {
            const Cells cells(maps.data_ptr<float>() + i * maps.stride(0),
                              maps.size(1) - cell_outputs, maps.size(2), maps.size(3));
            auto found = cells.candidates(min_score);
            std::erase_if(found, [](const auto& box) { return !(box.box.area() > 0); });
            boxes.push_back(without_doubles(std::move(found), most_overlap_of_cells,
                                            /*across_classes=*/true));
        }
        return boxes;
    }

    torch::Tensor loss(const torch::Tensor& outputs,
                       const std::vector<std::vector<TargetBox>>& pictures,
                       const torch::Tensor& class_weights) const override {
        const auto height = outputs.size(2), width = outputs.size(3);
        const auto device = outputs.device();
        const CellTargets targets(pictures, height, width);
        const auto rows = outputs.permute({0, 2, 3, 1}).reshape({-1, outputs.size(1)});
        auto quality = torch::zeros({rows.size(0)}, rows.options());
        auto told_right = torch::zeros({}, rows.options());
        if (!targets.cells_.empty()) {
            const auto count = static_cast<std::int64_t>(targets.cells_.size());
            const auto tensor = [&](const auto& values) {
                return sent_to(torch::tensor(values), device);
            };
            const auto cells = tensor(targets.cells_);
            const auto told = rows.index_select(0, cells);
            const auto fit =
                overlaps(edges(told, tensor(targets.origins_).view({count, 2}), height, width),
                         edges_of(tensor(targets.corners_).view({count, 4})));
            const auto classes = torch::cross_entropy_loss(
                told.narrow(1, cell_outputs, outputs.size(1) - cell_outputs),
                tensor(targets.labels_), class_weights, at::Reduction::None);
            told_right =
                (tensor(targets.weights_) * (sides_weight * (1 - fit.generalised_iou) + classes))
                    .sum();
            quality = quality.index_copy(0, cells, fit.iou.detach());
        }
        const auto objectness =
            (quality_loss(rows.select(1, 0), quality) * sent_to(targets.counts_.view({-1}), device))
                .sum();
        return (objectness_weight * objectness + told_right) /
               static_cast<double>(std::max(1, targets.objects_));
    }

    /// As much as objectness differs, and boxes and classes where the other network is sure of an
    /// object.
    torch::Tensor divergence(const torch::Tensor& outputs,
                             const torch::Tensor& wanted) const override {
        const auto there = wanted.select(1, 0).sigmoid();
        const auto sure = there * there.gt(least_sure);
        const auto objects = there.gt(least_sure).sum().clamp_min(1);
        const auto sides =
            (outputs.narrow(1, 1, box_outputs) - wanted.narrow(1, 1, box_outputs)).abs().mean(1);
        const auto count = std::min(outputs.size(1), wanted.size(1)) - cell_outputs;
        const auto target = wanted.narrow(1, cell_outputs, count).log_softmax(1),
                   answer = outputs.narrow(1, cell_outputs, count).log_softmax(1);
        const auto classes = (target.exp() * (target - answer)).sum(1);
        return (quality_loss(outputs.select(1, 0), there).sum() +
                ((sides + classes) * sure).sum()) /
               objects;
    }

private:
    static torch::Tensor quality_loss(const torch::Tensor& logits, const torch::Tensor& quality) {
        return torch::binary_cross_entropy_with_logits(logits, quality, {}, {},
                                                       at::Reduction::None) *
               (logits.sigmoid() - quality).abs();
    }
    /// Of the boxes that cells tell. @param told [n, 5 + classes]   @param origins [n, 2]
    static Edges edges(const torch::Tensor& told, const torch::Tensor& origins, std::int64_t height,
                       std::int64_t width) {
        const auto centre = [&](std::int64_t axis) {
            return origins.select(1, axis) + told.select(1, 1 + axis).tanh() * cell_stride;
        };
        const auto half = [&](std::int64_t axis, std::int64_t cells) {
            return told.select(1, 3 + axis).sigmoid() *
                   (static_cast<double>(cell_stride * cells) / 2);
        };
        const auto x = centre(0), y = centre(1), rx = half(0, width), ry = half(1, height);
        return {x - rx, y - ry, x + rx, y + ry};
    }
};

}  // namespace

const DetectionHead& cell_head() {
    static const CellHead head;
    return head;
}

}  // namespace ekya
