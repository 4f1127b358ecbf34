#include <algorithm>
#include <numeric>

#include "augmentation.hpp"
#include "detection_head.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/nn/detector.hpp"
#include "frame_tensor.hpp"
#include "inference.hpp"
#include "objective.hpp"
#include "optimiser.hpp"

namespace ekya {
namespace {

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

class Detection : public Objective {
public:
    Detection(const TrainingJob& job, const torch::Device& device)
        : Detection(job, program_for(job.architecture), device) {}

    Detection(const TrainingJob& job, const Program& program, const torch::Device& device)
        : head_(detection_head(program.outputs)),
          form_(program.frames),
          width_(job.architecture.input_size),
          height_(input_height(job.architecture)),
          classes_(job.architecture.classes),
          device_(device),
          amount_(Augmentation::of_frames(job.augmentation, form_)),
          min_score_(job.min_score.value_or(head_.usual_min_score())),
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
        return head_.loss(outputs, batch.inputs.boxes, class_weights_);
    }
    double most_gradient() const override { return head_.longest_gradient(); }
    torch::Tensor divergence(const torch::Tensor& outputs,
                             const torch::Tensor& wanted) const override {
        return head_.divergence(outputs, wanted);
    }
    double score(const torch::Tensor& outputs) const override {
        const auto boxes = head_.boxes_of(outputs, min_score_);
        BoxCounts counts;
        for (std::size_t i = 0; i < boxes.size(); ++i) {
            const auto& image = *held_out_->images[i];
            const FrameFit fit(image.width, image.height, width_, height_, form_.stretched);
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
            const FrameFit fit(image.width, image.height, width_, height_, form_.stretched);
            auto boxes = samples.boxes[index];
            for (auto& box : boxes) box.box = fit.into(clip(box.box, image.width, image.height));
            std::erase_if(boxes, [](const auto& box) { return !(box.box.area() > 0); });
            inputs.boxes.push_back(std::move(boxes));
        }
        inputs.values = frame_tensor(images, width_, height_, form_, device_);
        return inputs;
    }

    const DetectionHead& head_;
    FrameInput form_;
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
