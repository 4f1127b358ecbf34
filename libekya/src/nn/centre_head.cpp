#include <algorithm>
#include <cmath>
#include <limits>

#include "detection_head.hpp"
#include "ekya/nn/detector.hpp"
#include "sent.hpp"
#include "zoo.hpp"

namespace ekya {
namespace {

constexpr float most_overlap = 0.5F;
constexpr float longest = 6;      // logarithm of a distance in strides: beyond any input's side
constexpr double box_weight = 2;  // of the boxes' loss beside the centres'
constexpr double core = 0.54;     // part of an object's sides that its centre's blob covers

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

/// What the maps should be: where centres are, which cells tell an object's box.
class Targets {
public:
    Targets(const std::vector<std::vector<TargetBox>>& pictures, std::int64_t classes,
            std::int64_t height, std::int64_t width)
        : heat_(torch::zeros({static_cast<std::int64_t>(pictures.size()), classes, height, width})),
          counts_(torch::ones({static_cast<std::int64_t>(pictures.size()), 1, height, width})),
          height_(height),
          width_(width) {
        for (std::size_t i = 0; i < pictures.size(); ++i)
            draw(static_cast<std::int64_t>(i), pictures[i]);
    }

    torch::Tensor heat_;               ///< [N, classes, h, w]: 1 at a centre, falling around it
    torch::Tensor counts_;             ///< [N, 1, h, w]: 0 where nothing is to be learned
    std::vector<std::int64_t> cells_;  ///< of the boxes below, n * h * w + y * w + x
    std::vector<float> corners_;       ///< of objects, 4 for each cell
    std::vector<float> weights_;       ///< of cells; 1 for all of an object
    std::vector<float> centres_;       ///< of cells, 2 each
    int objects_ = 0;

private:
    void draw(std::int64_t picture, const std::vector<TargetBox>& boxes) {
        std::vector<const TargetBox*> order;
        for (const auto& box : boxes) {
            if (box.ignore)
                ignore(picture, box.box);
            else
                order.push_back(&box);
        }
        // Where objects overlap, the smaller one's box is told.
        std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
            return a->box.area() < b->box.area();
        });
        std::vector<bool> taken(static_cast<std::size_t>(height_ * width_), false);
        for (const auto* box : order) draw(picture, *box, taken);
    }

    void ignore(std::int64_t picture, const Box& box) {
        const auto range = [](double from, double to, std::int64_t most) {
            return std::pair(
                std::clamp<std::int64_t>(std::llround(std::floor(from / detector_stride)), 0, most),
                std::clamp<std::int64_t>(std::llround(std::ceil(to / detector_stride)), 0, most));
        };
        const auto [x0, x1] = range(box.x0, box.x1, width_);
        const auto [y0, y1] = range(box.y0, box.y1, height_);
        if (x0 < x1 && y0 < y1)
            counts_[picture][0].narrow(0, y0, y1 - y0).narrow(1, x0, x1 - x0).zero_();
    }

    void draw(std::int64_t picture, const TargetBox& object, std::vector<bool>& taken) {
        const Box& box = object.box;
        const auto cell = [](double centre, std::int64_t most) {
            return std::clamp<std::int64_t>(std::llround(std::floor(centre / detector_stride)), 0,
                                            most - 1);
        };
        const auto cx = cell((box.x0 + box.x1) / 2, width_),
                   cy = cell((box.y0 + box.y1) / 2, height_);
        const auto radius = [](double side) {
            return static_cast<std::int64_t>(core * side / (2 * detector_stride));
        };
        const auto rx = radius(box.width()), ry = radius(box.height());
        const auto deviation = [](std::int64_t r) { return (2 * static_cast<double>(r) + 1) / 6; };
        auto* const heat =
            heat_.data_ptr<float>() + (picture * heat_.size(1) + object.label) * height_ * width_;
        auto* const counts = counts_.data_ptr<float>() + picture * height_ * width_;
        ++objects_;
        const auto first = weights_.size();
        double sum = 0;
        for (auto y = std::max<std::int64_t>(cy - ry, 0); y <= std::min(cy + ry, height_ - 1); ++y)
            for (auto x = std::max<std::int64_t>(cx - rx, 0); x <= std::min(cx + rx, width_ - 1);
                 ++x) {
                const double dx = static_cast<double>(x - cx) / deviation(rx),
                             dy = static_cast<double>(y - cy) / deviation(ry);
                const double value = std::exp(-(dx * dx + dy * dy) / 2);
                float& here = heat[y * width_ + x];
                here = std::max(here, static_cast<float>(value));
                if (x == cx && y == cy) counts[y * width_ + x] = 1;
                const auto index = static_cast<std::size_t>(y * width_ + x);
                if (taken[index]) continue;
                taken[index] = true;
                cells_.push_back((picture * height_ + y) * width_ + x);
                for (const double corner : {box.x0, box.y0, box.x1, box.y1})
                    corners_.push_back(static_cast<float>(corner));
                centres_.push_back(
                    static_cast<float>(detector_stride * (static_cast<double>(x) + 0.5)));
                centres_.push_back(
                    static_cast<float>(detector_stride * (static_cast<double>(y) + 0.5)));
                weights_.push_back(static_cast<float>(value));
                sum += value;
            }
        for (auto i = first; i < weights_.size(); ++i) weights_[i] /= static_cast<float>(sum);
    }

    std::int64_t height_, width_;
};

class CentreHead : public DetectionHead {
public:
    double usual_min_score() const override { return default_min_score; }
    double longest_gradient() const override { return 5; }  // usual ones are 1 to 5 long
    std::vector<std::vector<ScoredBox>> boxes_of(const torch::Tensor& outputs,
                                                 double min_score) const override {
        const auto maps = outputs.detach().to(torch::kFloat32).cpu().contiguous();
        const auto classes = maps.size(1) - box_outputs, height = maps.size(2),
                   width = maps.size(3);
        const auto least_logit = min_score > 0
                                     ? static_cast<float>(std::log(min_score / (1 - min_score)))
                                     : -std::numeric_limits<float>::infinity();
        std::vector<std::vector<ScoredBox>> boxes;
        for (std::int64_t i = 0; i < maps.size(0); ++i)
            boxes.push_back(without_doubles(
                Maps(maps.data_ptr<float>() + i * maps.stride(0), classes, height, width)
                    .peaks(least_logit),
                most_overlap, /*across_classes=*/false));
        return boxes;
    }

    torch::Tensor loss(const torch::Tensor& outputs,
                       const std::vector<std::vector<TargetBox>>& pictures,
                       const torch::Tensor& class_weights) const override {
        const auto classes = outputs.size(1) - box_outputs;
        const auto device = outputs.device();
        const Targets targets(pictures, classes, outputs.size(2), outputs.size(3));
        const double objects = std::max(1, targets.objects_);
        const auto logits = outputs.narrow(1, box_outputs, classes);
        const auto heat = sent_to(targets.heat_, device);
        const auto probability = logits.sigmoid();
        const auto is_centre = heat.eq(1);
        const auto found = -(1 - probability).square() * torch::log_sigmoid(logits);
        const auto false_alarm =
            -(1 - heat).square().square() * probability.square() * torch::log_sigmoid(-logits);
        const auto centres =
            (torch::where(is_centre, found * class_weights.view({1, -1, 1, 1}), false_alarm) *
             sent_to(targets.counts_, device))
                .sum() /
            objects;
        if (targets.cells_.empty()) return centres;
        const auto count = static_cast<std::int64_t>(targets.cells_.size());
        const auto tensor = [&](const std::vector<float>& values, std::int64_t columns) {
            return sent_to(torch::tensor(values).view({count, columns}), device);
        };
        const auto told = outputs.permute({0, 2, 3, 1})
                              .reshape({-1, outputs.size(1)})
                              .index_select(0, sent_to(torch::tensor(targets.cells_), device))
                              .narrow(1, 0, box_outputs);
        const auto distances = told.clamp(-4, 6).exp() * detector_stride;
        const auto centre = tensor(targets.centres_, 2);
        const auto x = centre.select(1, 0), y = centre.select(1, 1);
        const Edges edges{x - distances.select(1, 0), y - distances.select(1, 1),
                          x + distances.select(1, 2), y + distances.select(1, 3)};
        const auto boxes =
            1 - overlaps(edges, edges_of(tensor(targets.corners_, 4))).generalised_iou;
        return centres +
               box_weight * (boxes * tensor(targets.weights_, 1).squeeze(1)).sum() / objects;
    }

    /// As much as the classes' maps differ, and the boxes where the other network is sure of one.
    torch::Tensor divergence(const torch::Tensor& outputs,
                             const torch::Tensor& wanted) const override {
        const auto classes = std::min(outputs.size(1), wanted.size(1)) - box_outputs;
        const auto there = wanted.narrow(1, box_outputs, classes).sigmoid();
        const auto logits = outputs.narrow(1, box_outputs, classes);
        const auto objects = there.gt(0.3).sum().clamp_min(1);
        const auto maps =
            torch::binary_cross_entropy_with_logits(logits, there, {}, {}, at::Reduction::None);
        const auto sure = std::get<0>(there.max(1, /*keepdim=*/true));
        const auto sides = (outputs.narrow(1, 0, box_outputs) - wanted.narrow(1, 0, box_outputs))
                               .abs()
                               .mean(1, /*keepdim=*/true);
        return ((maps * (logits.sigmoid() - there).abs().detach()).sum() +
                (sides * sure * sure.gt(0.3)).sum()) /
               objects;
    }
};

}  // namespace

const DetectionHead& centre_head() {
    static const CentreHead head;
    return head;
}

}  // namespace ekya
