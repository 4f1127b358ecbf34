#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ekya/core/image.hpp"
#include "ekya/core/model_card.hpp"
#include "ekya/nn/precision.hpp"
#include "ekya/nn/prediction.hpp"
#include "ekya/nn/samples.hpp"

namespace ekya {

/// In which precision a model serves: automatic if its card says that it keeps its accuracy in
/// bfloat16, else full.
[[nodiscard]] Precision serving_precision(const ModelCard& card);

/// An edge classifier ready to serve: weights loaded, batch norm folded into the convolutions.
/// One caller at a time per instance; instances are independent, so one can load while another
/// classifies.
class Classifier {
public:
    /// @param input_size_override side in pixels that crops are resized to; 0 = what the model was
    /// trained with
    /// @param precision mixed: the whole network in bfloat16; automatic: where the device
    /// multiplies it itself
    /// @throws InputError for weights that do not fit, DomainError for sizes out of range,
    /// ConfigError for the device
    Classifier(const Architecture& architecture, const std::filesystem::path& weights,
               const std::string& device = "cpu", int input_size_override = 0,
               Precision precision = Precision::full);
    Classifier(Classifier&&) noexcept;
    Classifier& operator=(Classifier&&) noexcept;
    ~Classifier();

    /// The same model for crops of another size; shares the weights. @param input_size side in
    /// pixels @throws DomainError out of [16, 224]
    [[nodiscard]] Classifier at_input_size(int input_size) const;
    /// One prediction per crop, in order; any number of crops, of any size.
    [[nodiscard]] std::vector<Prediction> classify(const CropBatch& crops);
    /// What the head sees of each crop: [crops, C] row after row, C the same for all crops.
    [[nodiscard]] std::vector<float> features(const CropBatch& crops);
    /// Classifies a blank batch, so that the first real one is not slowed by lazy initialisation.
    /// batch >= 1.
    void warm_up(int batch);
    /// Share of the samples classified correctly. @throws DomainError without samples
    [[nodiscard]] double accuracy(const TrainingSamples& samples);
    [[nodiscard]] const Architecture& architecture() const;
    [[nodiscard]] int input_size() const;

private:
    class Implementation;
    explicit Classifier(std::unique_ptr<Implementation> implementation);
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace ekya
