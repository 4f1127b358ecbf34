#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// What is needed to build a network before its weights are loaded.
struct Architecture {
    std::string network = "resnet18";   ///< or mobilenet_v2, shufflenet_v2
    double width = 0.25;       ///< multiplier of all channel counts; > 0
    int input_size = 32;       ///< side of the square input, pixels; in [16, 224]
    int head_width = 0;        ///< hidden neurons before the classifier; 0 = none
    int classes = 0;           ///< outputs; >= 2
    int place_width = 0;       ///< neurons of the head that see where in the frame the object is; 0 = the crop alone
    friend bool operator==(const Architecture&, const Architecture&) = default;
};

/// The JSON card beside a model's weights (schema ekya.model/1).
struct ModelCard {
    std::string id;                        ///< unique within the stream
    std::string stream;
    int window = 0;                        ///< the retraining window it was trained in; -1 for a base model
    Architecture architecture;
    std::vector<std::string> classes;      ///< output order
    RetrainingConfig config;
    std::string parent;                    ///< id of the model it started from; empty = random weights
    std::vector<int> data_windows;         ///< windows whose labels were used
    int labels = 0;                        ///< fresh labelled crops used for training
    int exemplars = 0;                     ///< crops of earlier windows mixed in
    int held_out = 0;                      ///< labelled crops kept for the measured accuracy
    std::optional<double> accuracy;        ///< share of held-out crops classified correctly
    std::optional<double> parent_accuracy; ///< the parent's on the same crops
    double final_loss = 0;
    double device_seconds = 0;             ///< used by the training
    double seconds = 0;                    ///< wall-clock time of the training
    std::uint64_t seed = 0;
    std::int64_t parameters = 0;
    std::optional<std::int64_t> macs;      ///< multiply-accumulates per crop; older cards have none
    std::string sha256;                    ///< of the weights file
};

}  // namespace ekya
