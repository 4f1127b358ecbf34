#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ekya/core/config.hpp"
#include "ekya/core/image.hpp"
#include "ekya/core/model_card.hpp"
#include "ekya/nn/precision.hpp"
#include "ekya/nn/prediction.hpp"
#include "ekya/nn/samples.hpp"

namespace ekya {

/// One retraining, from samples to weights.
struct TrainingJob {
    Architecture architecture;  ///< head_width here wins over the one in config
    RetrainingConfig config;
    std::string device = "cpu";  ///< as resolve_device() gives it
    std::uint64_t seed = 0;      ///< of everything random; same seed, one thread: same bits
    // LabelledCrops or LabelledFrames, as the architecture's task needs.
    const Samples* fresh = nullptr;      ///< labelled in the newest window; may be null or empty
    const Samples* exemplars = nullptr;  ///< kept from earlier windows; may be null or empty
    const Samples* held_out = nullptr;   ///< never trained on; may be null or empty
    std::optional<std::filesystem::path>
        start_weights;  ///< as weights.hpp says; another head is left out; none = random weights
    std::vector<std::string> class_names =
        {};  ///< output order; with start weights in ONNX, rows of the same names are kept
    std::optional<Architecture>
        start_architecture;  ///< of the start weights; none = as architecture
    double augmentation =
        1;  ///< how strongly crops are changed at random; 0 = not at all, 1 = as usual; in [0, 2]
    bool constant_learning_rate = false;  ///< no warm-up and no fall
    double distillation =
        0;  ///< weight of staying near the start weights' answers, in [0, 1); 0 = off
    Precision precision = Precision::automatic;
    bool measure_bfloat16 = false;         ///< also what the held-out accuracy is in bfloat16
    std::optional<double> min_score = {};  ///< of boxes that are answers where accuracy is measured
};

/// What is known after an epoch.
struct EpochReport {
    int epoch = 0;             ///< from 1
    int epochs = 0;            ///< planned
    double loss = 0;           ///< mean over the epoch's batches
    double learning_rate = 0;  ///< of the epoch's last batch
    std::optional<double>
        held_out_accuracy;  ///< with accuracy_every_epoch, if there are held-out samples
    Seconds seconds = 0;    ///< wall-clock time of this epoch, its accuracy check left out
    double device_seconds =
        0;  ///< likewise, as in TrainingOutcome: what a pause or a share takes away is not in it
};

/// Where a caller can watch and steer a training; all may be empty.
struct TrainingHooks {
    std::function<void(const EpochReport&)> on_epoch;
    std::function<void()> between_batches;  ///< may wait (pause, throttle) or throw (abort)
    bool accuracy_every_epoch = false;
    /// Asked after an epoch: how many the training shall have in all, of those planned; no more
    /// than it had ends it. The learning rate falls to its end by then.
    std::function<int(const EpochReport&)> epochs_to_run;
    std::function<bool()> finish;  ///< asked after a batch; true: it was the last

    // Where another process goes on with the training, because a share of a GPU is fixed at a
    // process's start.
    std::function<void()> prepared;  ///< all is loaded, nothing trained yet; may wait for the other
    std::function<bool()> leave;     ///< asked before a batch; true: HandedOver is thrown
    std::filesystem::path state_file;  ///< written then; one that is there after prepared() is gone
                                       ///< on from, to the same bits on one CPU thread
};

/// The training's state is in the file that the other process reads.
class HandedOver : public std::runtime_error {
public:
    HandedOver() : std::runtime_error("the training goes on in another process") {}
};

/// What came out of a training, besides the weights.
struct TrainingOutcome {
    double final_loss = 0;           ///< mean of the last epoch
    std::optional<double> accuracy;  ///< on held-out samples; none without any
    std::optional<double>
        bfloat16_accuracy;  ///< on the same, computed in bfloat16; where the device multiplies it
    std::optional<double>
        parent_accuracy;     ///< of the start weights on the same; none if the head was replaced
    int batch_size = 0;      ///< smaller than planned if the GPU had no memory for more
    int epochs = 0;          ///< run, less than planned if a hook said so; the last may be a part
    int samples_used = 0;    ///< fresh ones, after data_fraction
    int exemplars_used = 0;  ///< after data_fraction
    std::int64_t parameters = 0;      ///< of the whole network
    bool mixed_precision = false;     ///< what `automatic` came to
    bool head_reinitialised = false;  ///< the start weights had another head; it began at random
    Seconds seconds = 0;              ///< wall-clock, all of it
    double device_seconds = 0;        ///< see device_seconds()
    double setup_device_seconds =
        0;  ///< part of it, before the first epoch: load, convert, activations of frozen layers
    double samples_device_seconds = 0;  ///< part of that, for the training samples: proportional to
                                        ///< their number times activation_variants()
};

/// A trained network in memory. Movable, not copyable.
class TrainedModel {
public:
    class Implementation;
    explicit TrainedModel(std::unique_ptr<Implementation> implementation);
    TrainedModel(TrainedModel&&) noexcept;
    TrainedModel& operator=(TrainedModel&&) noexcept;
    ~TrainedModel();

    /// Writes the weights; the caller sees to atomic replacement.
    /// @throws SystemError if the file cannot be written
    void save(const std::filesystem::path& path) const;
    [[nodiscard]] std::vector<Prediction> classify(const CropBatch& crops);
    /// Share of the samples classified correctly. @throws DomainError without samples
    [[nodiscard]] double accuracy(const TrainingSamples& samples);
    /// As Detector::detect(), of a network that detects.
    [[nodiscard]] std::vector<std::vector<ScoredBox>> detect(
        std::span<const FrameImage* const> frames, double min_score);
    [[nodiscard]] const Architecture& architecture() const;

private:
    std::unique_ptr<Implementation> implementation_;
};

/// Trains a classifier or a detector.
/// Every crop is resized and standardised (mean 0, deviation 1), so that light matters little. SGD
/// with Nesterov momentum, half-cosine learning rate after a short warm-up, cross entropy with
/// label smoothing and class weights, random shift, zoom, flip and light. Frozen layers, batch-norm
/// statistics included, keep every bit; what they put out is computed once (for each crop and two
/// augmented variants), so an epoch of the last stage costs a quarter and one of the head a
/// hundredth of an epoch of all layers. With fewer classes in start_architecture the head grows:
/// the rows of the first classes are kept, new ones begin at random. With distillation w the loss
/// is (1 - w) cross entropy + w * 4 * the Kullback-Leibler divergence from what the start weights
/// answer, over their classes, at temperature 2; without start weights it is off, and with a
/// published network that does not know all class names. Such a network has its batch norms folded:
/// they get the statistics of the samples before anything is trained.
/// Runs on the calling thread; several trainings may run at once in different threads.
/// @throws InputError without any sample, for start weights that do not fit, or once the loss is no
/// longer finite
/// @throws DomainError for a configuration, architecture or label out of range
/// @throws ConfigError for a precision that the network cannot be trained with on this device
/// @throws HandedOver, and anything that a hook throws
/// Source: Bhardwaj et al., "Ekya", NSDI 2022, §3.1 and §5 (configurations, exemplars mixed with
/// fresh samples); distillation against forgetting: Li and Hoiem (2016), Rebuffi et al., "iCaRL"
/// (2017); temperature: Hinton et al. (2015).
[[nodiscard]] std::pair<TrainingOutcome, TrainedModel> train(const TrainingJob& job,
                                                             const TrainingHooks& hooks = {});

}  // namespace ekya
