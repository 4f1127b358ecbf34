#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/model_card.hpp"
#include "ekya/store/store.hpp"

namespace ekya {

/// One retraining of one stream's model on what the store holds.
struct RetrainingRequest {
    std::string stream;
    std::vector<std::string> classes;      ///< output order
    int window = -1;                       ///< the retraining window it runs in; -1 = base model
    std::vector<int> fresh_windows;        ///< whose labels are new: {window - 1}, or the bootstrap windows
    RetrainingConfig config;
    Architecture architecture;             ///< for random weights; a parent brings its own
    std::string parent;                    ///< id of the model to start from; empty = start_weights
    std::optional<std::filesystem::path> start_weights;   ///< file to start from (nn/weights.hpp); none = random weights
    int exemplars = 600;                   ///< crops of earlier windows mixed in, at most
    double held_out = 0.2;                 ///< of the fresh labels, for the measured accuracy
    std::uint64_t seed = 1;
    std::string device = "cpu";
};

/// What is known after an epoch (schema ekya.progress/1).
struct RetrainingProgress {
    std::string stream, model;
    int window = 0;
    int epoch = 0, epochs = 0;
    double loss = 0, learning_rate = 0;
    std::optional<double> accuracy;
    Seconds seconds = 0;
};
[[nodiscard]] Json encode_progress(const RetrainingProgress& progress);

struct RetrainingHooks {
    std::function<void(const RetrainingProgress&)> on_epoch;
    std::function<void()> between_batches;   ///< may wait or throw
    bool accuracy_every_epoch = false;
};

/// Id of the model that a retraining makes: "base", or window and configuration, e.g. "w00004-e15-f0.5-all-b32-h0-lr0.02".
[[nodiscard]] std::string model_id(int window, const RetrainingConfig& config);

/// Trains and stores a model. Nothing is stored unless the training ran to its end.
/// @return the stored card
/// @throws InputError for missing or damaged windows, labels or parent, or a loss that is no longer finite
[[nodiscard]] ModelCard retrain(const Store& store, const RetrainingRequest& request, const RetrainingHooks& hooks = {});

}  // namespace ekya
