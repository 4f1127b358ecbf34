#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// The way of a frame into the network. It stands on the model card and nowhere
/// else, so that training and inference cannot differ in it. Colours are RGB.
struct Preprocess {
    /// crop: a square around an object's box is cut out; letterbox: the whole frame is scaled into
    /// the input, its aspect kept, what it does not cover is grey; stretch: its aspect is not kept.
    std::string fit = "crop";
    /// per_picture: every picture is brought to mean 0 and deviation 1 over its pixels and
    /// channels; unit: levels are in [0, 1].
    std::string normalisation = "per_picture";
    double margin = 0.05;  ///< crop: seen around the box, as share of its longer side; in [0, 1]
    int size = 32;         ///< crop: side to which it is brought first, as it is stored; pixels
    friend bool operator==(const Preprocess&, const Preprocess&) = default;
};

inline const std::string classification_task = "classification", detection_task = "detection";

/// What is needed to build a network before its weights are loaded.
struct Architecture {
    std::string network = "resnet18";  ///< or mobilenet_v2, shufflenet_v2; to detect, fastestdet
    double width = 0.25;               ///< multiplier of all channel counts; > 0
    int input_size = 32;               ///< width of the input, pixels
    int head_width = 0;                ///< hidden neurons before the classifier; 0 = none
    int classes = 0;                   ///< that it tells apart; >= 2, of detection >= 1
    int place_width =
        0;  ///< neurons of the head that see where in the frame the object is; 0 = the crop alone
    int input_height = 0;                 ///< of the input, pixels; 0 = square
    std::string task = "classification";  ///< or detection
    friend bool operator==(const Architecture&, const Architecture&) = default;
};

/// Pixels.
[[nodiscard]] inline int input_height(const Architecture& a) {
    return a.input_height > 0 ? a.input_height : a.input_size;
}

/// Whether a retrained model was let serve, and what decided.
struct Promotion {
    bool promoted = false;
    std::string against;    ///< id of the model that served then; empty = none did
    int held_out = 0;       ///< fresh labels that both were compared on
    int won = 0, lost = 0;  ///< of them answered rightly by the new one, the old one alone
    int exemplars = 0;      ///< crops of earlier windows that both were compared on
    std::optional<double> exemplar_accuracy_before;  ///< of the old one on those; none without any
    std::optional<double> exemplar_accuracy_after;   ///< of the new one
    std::string reason;                              ///< in words
    friend bool operator==(const Promotion&, const Promotion&) = default;
};

/// The JSON card beside a model's weights (schema ekya.model/1).
struct ModelCard {
    std::string id;  ///< unique within the stream
    std::string stream;
    int window = 0;  ///< the retraining window it was trained in; -1 for a base model
    Architecture architecture;
    Preprocess preprocess = {};
    std::vector<std::string> classes;  ///< output order
    RetrainingConfig config;
    std::optional<int> epochs_run =
        {};              ///< if the training was ended before all epochs of the configuration
    std::string parent;  ///< id of the model it started from; empty = random weights
    std::string parent_stream;             ///< whose model that was; empty = the stream's own
    double distillation = 0;               ///< weight of staying near the parent's answers; 0 = off
    bool mixed_precision = false;          ///< trained with products in bfloat16
    std::vector<int> data_windows;         ///< windows whose labels were used
    int labels = 0;                        ///< fresh labelled crops used for training
    int exemplars = 0;                     ///< crops of earlier windows mixed in
    int held_out = 0;                      ///< labelled crops kept for the measured accuracy
    std::optional<double> accuracy;        ///< share of held-out crops classified correctly; of
                                           ///< detection F1 at IoU 0.3 on held-out frames
    std::optional<double> min_score = {};  ///< detection: boxes below it are no answers
    std::optional<double> bfloat16_accuracy = {};  ///< on the same crops, computed in bfloat16
    std::optional<double> parent_accuracy;         ///< the parent's on the same crops
    std::optional<Promotion>
        promotion;  ///< none: a base model, or one made before this was recorded
    double final_loss = 0;
    double device_seconds = 0;  ///< used by the training
    double seconds = 0;         ///< wall-clock time of the training
    std::uint64_t seed = 0;
    std::int64_t parameters = 0;
    std::optional<std::int64_t> macs;  ///< multiply-accumulates per crop; older cards have none
    std::string sha256;                ///< of the weights file
    std::string serving = {};          ///< in listings: now, before; empty = it does not serve

    /// Whether it may serve in bfloat16: measured on the held-out crops, no more than half a point
    /// worse.
    [[nodiscard]] bool keeps_accuracy_in_bfloat16() const {
        return accuracy && bfloat16_accuracy && *bfloat16_accuracy >= *accuracy - 0.005;
    }
};

}  // namespace ekya
