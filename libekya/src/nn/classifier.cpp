#include "ekya/nn/classifier.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "graphed_inference.hpp"
#include "inference.hpp"
#include "mixed_precision.hpp"
#include "torch_error.hpp"

namespace ekya {
Precision serving_precision(const ModelCard& card) {
    return card.keeps_accuracy_in_bfloat16() ? Precision::automatic : Precision::full;
}

class Classifier::Implementation {
public:
    Implementation(const Architecture& architecture, const std::filesystem::path& weights,
                   const std::string& wish, int input_size_override, Precision precision)
        : architecture_(architecture),
          input_size_(input_size_override == 0 ? architecture.input_size : input_size_override),
          device_(resolve_device(wish)),
          network_(load_folded(architecture, weights, device_, precision)) {
        set_input_size(input_size_);
    }

    void set_input_size(int input_size) {
        require_in_range("input_size", input_size, 16, 224);
        input_size_ = input_size;
        graphs_ = GraphedInference::of(network_, input_size_, device_);
    }

    std::vector<Prediction> classify(const CropBatch& crops) {
        if (!graphs_) return ekya::classify(network_, crops, input_size_, device_);
        std::vector<Prediction> result;
        result.reserve(crops.count());
        while (result.size() < crops.count()) {
            const auto count = std::min(most_crops_, crops.count() - result.size());
            try {
                const auto part = graphs_->classify(crops, result.size(), count);
                result.insert(result.end(), part.begin(), part.end());
            } catch (const c10::Error& error) {
                if (!is_out_of_memory(error)) throw;
                if (count == 1)
                    throw SystemError("inference: the GPU has no memory for one crop: " +
                                      first_line(error.what_without_backtrace()));
                release_gpu_memory();
                most_crops_ = count / 2;
            }
        }
        return result;
    }

    Architecture architecture_;
    int input_size_;
    torch::Device device_;
    FoldedNetwork network_;
    std::shared_ptr<GraphedInference> graphs_;               // null on a CPU
    std::size_t most_crops_ = GraphedInference::most_crops;  // fewer when memory ran out
};

Classifier::Classifier(const Architecture& architecture, const std::filesystem::path& weights,
                       const std::string& device, int input_size_override, Precision precision)
    : implementation_(std::make_unique<Implementation>(architecture, weights, device,
                                                       input_size_override, precision)) {}
Classifier::Classifier(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Classifier Classifier::at_input_size(int input_size) const {
    auto copy = std::make_unique<Implementation>(
        *implementation_);  // of handles to the weights, which nothing changes
    copy->set_input_size(input_size);
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
    // A graph is recorded for each power of two, none of which is to wait for its first frame.
    int size = implementation_->graphs_ ? 1 : batch;
    for (bool more = true; more; size *= 2) {
        more = size < batch;
        const auto count = static_cast<std::size_t>(std::min(size, batch));
        CropBatch blank{input_size(), {}};
        blank.rgb.resize(blank.bytes_per_crop() * count);
        blank.places.resize(count);
        static_cast<void>(classify(blank));
    }
}

double Classifier::accuracy(const TrainingSamples& samples) {
    return share_correct(classify(samples.crops), samples.labels);
}

const Architecture& Classifier::architecture() const { return implementation_->architecture_; }
int Classifier::input_size() const { return implementation_->input_size_; }

}  // namespace ekya
