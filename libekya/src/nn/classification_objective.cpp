#include <numeric>

#include "augmentation.hpp"
#include "crop_tensor.hpp"
#include "ekya/core/errors.hpp"
#include "inference.hpp"
#include "objective.hpp"
#include "optimiser.hpp"
#include "place.hpp"

namespace ekya {
namespace {

constexpr double label_smoothing = 0.05;
constexpr double temperature = 2;

const LabelledCrops* crops_of(const Samples* samples) {
    if (samples == nullptr || samples->count() == 0) return nullptr;
    if (const auto* crops = dynamic_cast<const LabelledCrops*>(samples)) return crops;
    throw DomainError("samples: crops are needed for classification");
}

class Classification : public Objective {
public:
    Classification(const TrainingJob& job, const torch::Device& device)
        : architecture_(job.architecture),
          device_(device),
          amount_(Augmentation::of_strength(job.augmentation)),
          fresh_(crops_of(job.fresh)),
          exemplars_(crops_of(job.exemplars)),
          held_out_(crops_of(job.held_out)),
          chosen_fresh_(part_of(fresh_, job, 0)),
          chosen_exemplars_(part_of(exemplars_, job, 1)) {
        for (const auto index : chosen_fresh_) labels_.push_back(fresh_->labels[index]);
        for (const auto index : chosen_exemplars_) labels_.push_back(exemplars_->labels[index]);
        if (labels_.empty()) throw InputError("no labelled crop to train on");
        if (held_out_) validate(*held_out_, architecture_.classes);
        class_weights_ = class_weights(labels_, architecture_.classes).to(device_);
    }

    Used used() const override {
        return {static_cast<int>(chosen_fresh_.size()), static_cast<int>(chosen_exemplars_.size())};
    }
    const std::vector<int>& labels() const override { return labels_; }
    NetworkInput samples() const override {
        return concatenated(
            {inputs_of(fresh_, chosen_fresh_), inputs_of(exemplars_, chosen_exemplars_)});
    }
    std::optional<NetworkInput> held_out() const override {
        if (!held_out_) return std::nullopt;
        std::vector<std::size_t> every(held_out_->count());
        std::iota(every.begin(), every.end(), std::size_t{0});
        return inputs_of(held_out_, every);
    }
    NetworkInput augmented(const NetworkInput& inputs, Random& random) const override {
        return ekya::augmented(inputs, amount_, random);
    }
    torch::Tensor loss(const torch::Tensor& outputs,
                       const TrainingSet::Batch& batch) const override {
        return torch::cross_entropy_loss(outputs, batch.labels, class_weights_, at::Reduction::Mean,
                                         /*ignore_index=*/-100, label_smoothing);
    }
    torch::Tensor divergence(const torch::Tensor& outputs,
                             const torch::Tensor& wanted) const override {
        return class_divergence(outputs, wanted);
    }
    double score(const torch::Tensor& outputs) const override {
        return share_correct(predictions(outputs), held_out_->labels);
    }
    double score(const FoldedNetwork& network) const override {
        return share_correct(classify(network, held_out_->crops, architecture_.input_size, device_),
                             held_out_->labels);
    }

private:
    [[nodiscard]] static std::vector<std::size_t> part_of(const LabelledCrops* samples,
                                                          const TrainingJob& job,
                                                          std::uint64_t purpose) {
        if (samples == nullptr) return {};
        validate(*samples, job.architecture.classes);
        return stratified_part(samples->labels, job.config.data_fraction, job.seed + purpose);
    }
    [[nodiscard]] NetworkInput inputs_of(const LabelledCrops* samples,
                                         const std::vector<std::size_t>& indices) const {
        static const CropBatch none;
        const CropBatch& crops = samples ? samples->crops : none;
        return {crop_tensor(crops, indices, architecture_.input_size, device_),
                architecture_.place_width > 0 ? place_tensor(crops, indices, device_)
                                              : torch::Tensor()};
    }

    Architecture architecture_;
    torch::Device device_;
    Augmentation amount_;
    const LabelledCrops *fresh_, *exemplars_, *held_out_;
    std::vector<std::size_t> chosen_fresh_, chosen_exemplars_;
    std::vector<int> labels_;
    torch::Tensor class_weights_;
};

}  // namespace

torch::Tensor class_divergence(const torch::Tensor& logits, const torch::Tensor& wanted) {
    const auto classes = std::min(wanted.size(1), logits.size(1));
    const auto target = (wanted.narrow(1, 0, classes) / temperature).softmax(1);
    const auto answer = (logits.narrow(1, 0, classes) / temperature).log_softmax(1);
    const auto divergence =
        torch::kl_div(answer, target, at::Reduction::Sum) / static_cast<double>(logits.size(0));
    return divergence * (temperature * temperature);
}

std::unique_ptr<Objective> classification_objective(const TrainingJob& job,
                                                    const torch::Device& device) {
    return std::make_unique<Classification>(job, device);
}

}  // namespace ekya
