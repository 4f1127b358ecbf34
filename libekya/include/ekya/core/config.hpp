#pragma once
#include <string>
#include <vector>

namespace ekya {

using Seconds = double;

/// Which layers a retraining changes; counted from the front, the rest is frozen.
enum class TrainedLayers { head, last_stage, all };

[[nodiscard]] std::string to_string(TrainedLayers layers);
/// @throws DomainError for a name that is not head, last_stage or all
[[nodiscard]] TrainedLayers trained_layers_from(const std::string& name);

/// One retraining configuration γ. Source: Ekya §3.1 and §5.
struct RetrainingConfig {
    int epochs = 15;             ///< passes over the training data; >= 1
    double data_fraction = 1.0;  ///< of the labelled sample and the exemplars; in (0, 1]
    TrainedLayers layers = TrainedLayers::all;
    int batch_size = 32;          ///< >= 2
    int head_width = 0;           ///< neurons of the hidden layer before the classifier; 0 = none
    double learning_rate = 0.02;  ///< at the start; falls along a half cosine; > 0

    /// Short and unique among configurations, usable in a file name: "e15-f0.5-all-b32-h0-lr0.02".
    [[nodiscard]] std::string name() const;
    friend bool operator==(const RetrainingConfig&, const RetrainingConfig&) = default;
};

/// Retraining configurations to profile, as a user lists them (schema ekya.configs/1).
struct ConfigList {
    std::vector<RetrainingConfig> configs;
};

/// The 18 configurations used when nothing else is given: epochs {5, 15, 30} x data {0.1, 0.5, 1} x
/// layers {head, all}.
[[nodiscard]] std::vector<RetrainingConfig> default_retraining_configs();

/// How often a training computes what frozen layers put out for a crop: for the crop itself and for
/// augmented ones, each epoch drawing one of them; more than three cost as much as they bring. 1
/// where no layer is frozen.
[[nodiscard]] int activation_variants(const RetrainingConfig& config);

/// @throws DomainError naming the field that is out of range
void validate(const RetrainingConfig& config);

/// One inference configuration λ. Source: Ekya §3.1 (frame sampling, input resolution).
struct InferenceConfig {
    int frame_stride = 1;  ///< analyse every k-th frame; >= 1
    int input_size =
        0;  ///< side of the network's input in pixels; 0 = what the model was trained with
    friend bool operator==(const InferenceConfig&, const InferenceConfig&) = default;
};

}  // namespace ekya
