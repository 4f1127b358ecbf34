#include "trained_model.hpp"

#include "detection.hpp"
#include "inference.hpp"
#include "state_dict.hpp"

namespace ekya {

TrainedModel::TrainedModel(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
TrainedModel::TrainedModel(TrainedModel&&) noexcept = default;
TrainedModel& TrainedModel::operator=(TrainedModel&&) noexcept = default;
TrainedModel::~TrainedModel() = default;

void TrainedModel::save(const std::filesystem::path& path) const {
    save_state(*implementation_->network, path);
}

std::vector<Prediction> TrainedModel::classify(const CropBatch& crops) {
    return ekya::classify(implementation_->folded, crops, architecture().input_size,
                          implementation_->device);
}

std::vector<std::vector<ScoredBox>> TrainedModel::detect(std::span<const FrameImage* const> frames,
                                                         double min_score) {
    return ekya::detect(implementation_->folded, frames, architecture().input_size,
                        input_height(architecture()), implementation_->device, min_score);
}

double TrainedModel::accuracy(const TrainingSamples& samples) {
    return share_correct(classify(samples.crops), samples.labels);
}

const Architecture& TrainedModel::architecture() const {
    return implementation_->network->architecture();
}

}  // namespace ekya
