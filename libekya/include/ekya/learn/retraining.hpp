#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/model_card.hpp"
#include "ekya/core/progress.hpp"
#include "ekya/learn/start_choice.hpp"
#include "ekya/nn/training.hpp"
#include "ekya/profile/promotion.hpp"
#include "ekya/task/training_data.hpp"

namespace ekya {

/// One retraining of one stream's model on what the store holds.
struct RetrainingRequest {
    std::string stream;
    std::vector<std::string> classes;  ///< output order
    int window = -1;                   ///< the retraining window it runs in; -1 = base model
    std::vector<int> fresh_windows;    ///< whose labels are new, ascending: window - 1 is the last,
                                       ///< or the bootstrap windows
    RetrainingConfig config;
    Architecture architecture;  ///< for random weights; a parent brings its own; the task of the
                                ///< windows fills in what is left open
    std::string parent;         ///< id of the model to start from; empty = start_weights
    std::optional<std::filesystem::path>
        start_weights;          ///< file to start from (nn/weights.hpp); none = random weights
    std::string parent_stream;  ///< whose model the parent is; empty = the stream's own
    double augmentation = 1;    ///< as in TrainingJob
    bool constant_learning_rate = false;
    double distillation = 0;  ///< weight of staying near the parent's answers, in [0, 1); 0 = off
    Precision precision = Precision::automatic;
    std::string serving;           ///< id of the model that it would replace; empty = none serves
    PromotionRule promotion = {};  ///< whether it does
    int exemplars = 600;           ///< crops of earlier windows mixed in, at most
    MemoryOptions memory = {};  ///< which of them; herding looks through the serving model's eyes
    int check_windows =
        3;  ///< newest earlier windows whose held-out labels are kept for the promotion's check
    double held_out = 0.2;  ///< of the uniformly drawn fresh labels, for the measured accuracy
    std::uint64_t seed = 1;
    std::string device = "cpu";
};

struct RetrainingHooks {
    std::function<void(const RetrainingProgress&)> on_epoch;
    std::function<void()> between_batches;  ///< may wait or throw
    std::function<int(const RetrainingProgress&)>
        epochs_to_run;  ///< as in TrainingHooks: an unfinished training becomes a shorter one
    std::function<bool()>
        finish;  ///< asked after a batch; true: it was the last, what is there is judged and stored
    bool accuracy_every_epoch = false;
    // As in TrainingHooks: another process goes on with the training.
    std::function<void()> prepared;
    std::function<bool()> leave;
    std::filesystem::path state_file;
};

/// Id of the model that a retraining makes: "base", or window and configuration, e.g.
/// "w00004-e15-f0.5-all-b32-h0-lr0.02".
[[nodiscard]] std::string model_id(int window, const RetrainingConfig& config);

/// Trains and stores a model, and judges by crops that it was not trained on whether it may replace
/// the serving one (card.promotion); what serves does not change. Classes may have come in at the
/// end of the parent's list: what it knows of the first ones is kept. One sample of a class is
/// trained on, an empty class is no error; without fresh labels exemplars alone are trained on.
/// Nothing is stored unless the training ran to its end, which a hook may set earlier.
/// @return the stored card
/// @throws InputError for missing or damaged windows, labels or parent, or a loss that is no longer
/// finite
[[nodiscard]] ModelCard retrain(const Store& store, const RetrainingRequest& request,
                                const RetrainingHooks& hooks = {});

/// Where this retraining should start, by the labels of its last fresh window; the serving model if
/// that has learned from them already, or if there are none. @throws InputError for a missing or
/// damaged window or serving model
[[nodiscard]] StartChoice choose_start(const Store& store, const RetrainingRequest& request,
                                       WarmStart warm_start);

/// Judges a stored model as retrain() would have: for cards that hold no promotion.
/// @throws InputError for missing or damaged windows, labels or models
[[nodiscard]] Promotion judge_stored(const Store& store, const RetrainingRequest& request,
                                     const ModelCard& card);

}  // namespace ekya
