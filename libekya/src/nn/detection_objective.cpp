#include <algorithm>
#include <cmath>
#include <numeric>

#include "augmentation.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/nn/detector.hpp"
#include "frame_tensor.hpp"
#include "inference.hpp"
#include "objective.hpp"
#include "optimiser.hpp"
#include "sent.hpp"
#include "zoo.hpp"

namespace ekya {
namespace {

// Usual ones are 1 to 5 long; frames with few objects and none make some that are thousands of
// times as long.
constexpr double longest_gradient = 5;
constexpr double box_weight = 2;       // of the boxes' loss beside the centres'
constexpr double core = 0.54;          // part of an object's sides that its centre's blob covers
constexpr double least_visible = 0.3;  // part of an object left in a moved picture that is learned

const LabelledFrames* frames_of(const Samples* samples) {
    if (samples == nullptr || samples->count() == 0) return nullptr;
    if (const auto* frames = dynamic_cast<const LabelledFrames*>(samples)) return frames;
    throw DomainError("samples: frames are needed for detection");
}

/// The class that decides in which stratum a frame is drawn: the rarest of its objects'; -1 without
/// any.
std::vector<int> rarest_classes(const LabelledFrames& frames, int classes) {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(classes));
    for (const auto& boxes : frames.boxes)
        for (const auto& box : boxes)
            if (!box.ignore) ++counts[static_cast<std::size_t>(box.label)];
    std::vector<int> rarest;
    for (const auto& boxes : frames.boxes) {
        int label = -1;
        for (const auto& box : boxes)
            if (!box.ignore && (label < 0 || counts[static_cast<std::size_t>(box.label)] <
                                                 counts[static_cast<std::size_t>(label)]))
                label = box.label;
        rarest.push_back(label);
    }
    return rarest;
}

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

/// 1 - generalised IoU of boxes told by distances from cells' centres, [n].
torch::Tensor box_loss(const torch::Tensor& distances, const torch::Tensor& centres,
                       const torch::Tensor& corners) {
    const auto x = centres.select(1, 0), y = centres.select(1, 1);
    const auto x0 = x - distances.select(1, 0), y0 = y - distances.select(1, 1),
               x1 = x + distances.select(1, 2), y1 = y + distances.select(1, 3);
    const auto u0 = corners.select(1, 0), v0 = corners.select(1, 1), u1 = corners.select(1, 2),
               v1 = corners.select(1, 3);
    const auto common = (torch::min(x1, u1) - torch::max(x0, u0)).clamp_min(0) *
                        (torch::min(y1, v1) - torch::max(y0, v0)).clamp_min(0);
    const auto both = (x1 - x0) * (y1 - y0) + (u1 - u0) * (v1 - v0) - common;
    const auto hull =
        (torch::max(x1, u1) - torch::min(x0, u0)) * (torch::max(y1, v1) - torch::min(y0, v0));
    constexpr double least = 1e-6;
    return 1 - common / both.clamp_min(least) + (hull - both) / hull.clamp_min(least);
}

class Detection : public Objective {
public:
    Detection(const TrainingJob& job, const torch::Device& device)
        : width_(job.architecture.input_size),
          height_(input_height(job.architecture)),
          classes_(job.architecture.classes),
          device_(device),
          amount_(Augmentation::of_frames(job.augmentation)),
          min_score_(job.min_score.value_or(default_min_score)),
          fresh_(frames_of(job.fresh)),
          exemplars_(frames_of(job.exemplars)),
          held_out_(frames_of(job.held_out)),
          chosen_fresh_(part_of(fresh_, job, 0)),
          chosen_exemplars_(part_of(exemplars_, job, 1)),
          labels_(chosen_fresh_.size() + chosen_exemplars_.size(), 0) {
        if (labels_.empty()) throw InputError("no labelled frame to train on");
        if (held_out_) validate(*held_out_, classes_);
        std::vector<int> objects;
        const auto count = [&](const LabelledFrames* frames, const auto& chosen) {
            for (const auto index : chosen)
                for (const auto& box : frames->boxes[index])
                    if (!box.ignore) objects.push_back(box.label);
        };
        count(fresh_, chosen_fresh_);
        count(exemplars_, chosen_exemplars_);
        class_weights_ =
            (objects.empty() ? torch::ones({classes_}) : class_weights(objects, classes_))
                .view({1, -1, 1, 1})
                .to(device_);
    }

    Used used() const override {
        return {static_cast<int>(chosen_fresh_.size()), static_cast<int>(chosen_exemplars_.size())};
    }
    const std::vector<int>& labels() const override { return labels_; }
    NetworkInput samples() const override {
        std::vector<NetworkInput> parts;
        if (!chosen_fresh_.empty()) parts.push_back(inputs_of(*fresh_, chosen_fresh_));
        if (!chosen_exemplars_.empty()) parts.push_back(inputs_of(*exemplars_, chosen_exemplars_));
        return concatenated(parts);
    }
    std::optional<NetworkInput> held_out() const override {
        if (!held_out_) return std::nullopt;
        std::vector<std::size_t> every(held_out_->count());
        std::iota(every.begin(), every.end(), std::size_t{0});
        return inputs_of(*held_out_, every);
    }
    NetworkInput augmented(const NetworkInput& inputs, Random& random) const override {
        return augmented_frames(inputs, amount_, random);
    }

    torch::Tensor loss(const torch::Tensor& outputs,
                       const TrainingSet::Batch& batch) const override {
        const Targets targets(batch.inputs.boxes, classes_, outputs.size(2), outputs.size(3));
        const double objects = std::max(1, targets.objects_);
        const auto logits = outputs.narrow(1, box_outputs, classes_);
        const auto heat = sent_to(targets.heat_, device_);
        const auto probability = logits.sigmoid();
        const auto is_centre = heat.eq(1);
        const auto found = -(1 - probability).square() * torch::log_sigmoid(logits);
        const auto false_alarm =
            -(1 - heat).square().square() * probability.square() * torch::log_sigmoid(-logits);
        const auto centres = (torch::where(is_centre, found * class_weights_, false_alarm) *
                              sent_to(targets.counts_, device_))
                                 .sum() /
                             objects;
        if (targets.cells_.empty()) return centres;
        const auto count = static_cast<std::int64_t>(targets.cells_.size());
        const auto tensor = [&](const std::vector<float>& values, std::int64_t columns) {
            return sent_to(torch::tensor(values).view({count, columns}), device_);
        };
        const auto told = outputs.permute({0, 2, 3, 1})
                              .reshape({-1, outputs.size(1)})
                              .index_select(0, sent_to(torch::tensor(targets.cells_), device_))
                              .narrow(1, 0, box_outputs);
        const auto boxes = box_loss(told.clamp(-4, 6).exp() * detector_stride,
                                    tensor(targets.centres_, 2), tensor(targets.corners_, 4));
        return centres +
               box_weight * (boxes * tensor(targets.weights_, 1).squeeze(1)).sum() / objects;
    }

    double most_gradient() const override { return longest_gradient; }

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

    double score(const torch::Tensor& outputs) const override {
        const auto boxes = boxes_of(outputs, min_score_);
        BoxCounts counts;
        for (std::size_t i = 0; i < boxes.size(); ++i) {
            const auto& image = *held_out_->images[i];
            const Letterbox fit(image.width, image.height, width_, height_);
            auto answers = boxes[i];
            for (auto& answer : answers) answer.box = fit.back(answer.box);
            counts += count_matches(answers, held_out_->boxes[i]);
        }
        return counts.f1();
    }
    double score(const FoldedNetwork& network) const override {
        const auto inputs = *held_out();
        const auto chunk = static_cast<std::int64_t>(inference_chunk(device_, /*frames=*/true));
        std::vector<torch::Tensor> parts;
        for (std::int64_t first = 0; first < inputs.values.size(0); first += chunk)
            parts.push_back(network.forward(
                inputs.values.narrow(0, first, std::min(chunk, inputs.values.size(0) - first))));
        return score(torch::cat(parts));
    }

private:
    [[nodiscard]] static std::vector<std::size_t> part_of(const LabelledFrames* samples,
                                                          const TrainingJob& job,
                                                          std::uint64_t purpose) {
        if (samples == nullptr) return {};
        validate(*samples, job.architecture.classes);
        return stratified_part(rarest_classes(*samples, job.architecture.classes),
                               job.config.data_fraction, job.seed + purpose);
    }
    [[nodiscard]] NetworkInput inputs_of(const LabelledFrames& samples,
                                         const std::vector<std::size_t>& indices) const {
        std::vector<const FrameImage*> images;
        NetworkInput inputs;
        for (const auto index : indices) {
            const auto& image = *samples.images[index];
            images.push_back(&image);
            const Letterbox fit(image.width, image.height, width_, height_);
            auto boxes = samples.boxes[index];
            for (auto& box : boxes) box.box = fit.into(clip(box.box, image.width, image.height));
            std::erase_if(boxes, [](const auto& box) { return !(box.box.area() > 0); });
            inputs.boxes.push_back(std::move(boxes));
        }
        inputs.values = frame_tensor(images, width_, height_, device_);
        return inputs;
    }

    int width_, height_, classes_;
    torch::Device device_;
    Augmentation amount_;
    double min_score_;
    const LabelledFrames *fresh_, *exemplars_, *held_out_;
    std::vector<std::size_t> chosen_fresh_, chosen_exemplars_;
    std::vector<int> labels_;
    torch::Tensor class_weights_;
};

}  // namespace

NetworkInput augmented_frames(const NetworkInput& inputs, const Augmentation& amount,
                              Random& random) {
    Movement movement;
    auto result = augmented(inputs, amount, random, &movement);
    const double width = static_cast<double>(inputs.values.size(3)),
                 height = static_cast<double>(inputs.values.size(2));
    for (std::size_t i = 0; i < inputs.boxes.size(); ++i) {
        auto& boxes = result.boxes.emplace_back();
        for (auto box : inputs.boxes[i]) {
            const double area = box.box.area();
            const Box moved = movement.of(i, box.box, width, height);
            const double scale = moved.area() > 0 ? moved.area() / area : 1;
            box.box = clip(moved, width, height);
            const double visible = box.box.area() / (area * scale);
            if (!(visible > 0.1)) continue;
            // What is cut to a piece is neither learned as an object nor as background.
            box.ignore = box.ignore || visible < least_visible;
            boxes.push_back(box);
        }
    }
    return result;
}

std::unique_ptr<Objective> detection_objective(const TrainingJob& job,
                                               const torch::Device& device) {
    return std::make_unique<Detection>(job, device);
}

}  // namespace ekya
