#include "ekya/nn/classifier.hpp"

#include "ekya/core/errors.hpp"
#include "ekya/nn/device.hpp"
#include "inference.hpp"
#include "state_dict.hpp"

namespace ekya {
namespace {

FoldedNetwork load(const Architecture& architecture, const std::filesystem::path& weights,
                   const torch::Device& device) {
    Network network(architecture);
    load_state(network, weights, HeadPolicy::exact);
    network.to(device);
    return FoldedNetwork(network);
}

}  // namespace

class Classifier::Implementation {
public:
    Implementation(const Architecture& architecture, const std::filesystem::path& weights,
                   const std::string& wish, int input_size_override)
        : architecture_(architecture),
          input_size_(input_size_override == 0 ? architecture.input_size : input_size_override),
          device_(resolve_device(wish)),
          network_(load(architecture, weights, device_)) {
        require_in_range("input_size", input_size_, 16, 224);
    }

    std::vector<Prediction> classify(const CropBatch& crops) const {
        return ekya::classify(network_, crops, input_size_, device_);
    }

    Architecture architecture_;
    int input_size_;
    torch::Device device_;
    FoldedNetwork network_;
};

Classifier::Classifier(const Architecture& architecture, const std::filesystem::path& weights,
                       const std::string& device, int input_size_override)
    : implementation_(
          std::make_unique<Implementation>(architecture, weights, device, input_size_override)) {}
Classifier::Classifier(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Classifier Classifier::at_input_size(int input_size) const {
    require_in_range("input_size", input_size, 16, 224);
    auto copy = std::make_unique<Implementation>(
        *implementation_);  // of handles to the weights, which nothing changes
    copy->input_size_ = input_size;
    return Classifier(std::move(copy));
}

std::vector<Prediction> Classifier::classify(const CropBatch& crops) {
    return implementation_->classify(crops);
}

std::vector<float> Classifier::features(const CropBatch& crops) {
    const auto& i = *implementation_;
    return ekya::features(i.network_, crops, i.input_size_, i.device_);
}

void Classifier::warm_up(int batch) {
    if (batch < 1) throw DomainError("batch: " + std::to_string(batch) + " is below 1");
    CropBatch blank{input_size(), {}};
    blank.rgb.resize(blank.bytes_per_crop() * static_cast<std::size_t>(batch));
    blank.places.resize(static_cast<std::size_t>(batch));
    static_cast<void>(classify(blank));
}

double Classifier::accuracy(const TrainingSamples& samples) {
    return share_correct(classify(samples.crops), samples.labels);
}

const Architecture& Classifier::architecture() const { return implementation_->architecture_; }
int Classifier::input_size() const { return implementation_->input_size_; }

}  // namespace ekya
