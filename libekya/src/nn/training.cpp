#include "ekya/nn/training.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "augmentation.hpp"
#include "crop_tensor.hpp"
#include "distillation.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/nn/device.hpp"
#include "ekya/nn/weights.hpp"
#include "evaluator.hpp"
#include "mixed_precision.hpp"
#include "optimiser.hpp"
#include "place.hpp"
#include "state_dict.hpp"
#include "trained_model.hpp"
#include "training_set.hpp"

namespace ekya {
namespace {

constexpr double label_smoothing = 0.05;

/// Streams of random numbers of one job.
enum Purpose : std::uint64_t { order = 1, augmentation = 2, variant_choice = 3, variants_made = 4 };

/// Wall-clock and device time since construction.
class Stopwatch {
public:
    [[nodiscard]] Seconds wall() const { return clock_.now() - wall_start_; }
    [[nodiscard]] double device(const torch::Device& device) const {
        return device.is_cpu() ? (process_cpu_seconds() - cpu_start_) / device_cores() : wall();
    }

private:
    SystemClock clock_;
    Seconds wall_start_ = clock_.now(), cpu_start_ = process_cpu_seconds();
};

NetworkInput together(const NetworkInput& a, const NetworkInput& b) {
    NetworkInput all{torch::cat({a.values, b.values}).contiguous(torch::MemoryFormat::ChannelsLast),
                     {}};
    if (!a.places.defined() || !b.places.defined())
        all.places = a.places.defined() ? a.places : b.places;
    else
        all.places = torch::cat({a.places, b.places});
    if (all.places.defined() && all.places.size(0) != all.values.size(0))
        throw InputError("crops: only some of them know their place in the frame");
    return all;
}

/// Start weights of fewer classes, otherwise alike, give the first rows of the head.
HeadPolicy head_policy(const TrainingJob& job) {
    const auto& start = job.start_architecture;
    const bool grows = start && start->head_width == job.architecture.head_width &&
                       start->classes < job.architecture.classes;
    return grows ? HeadPolicy::may_grow : HeadPolicy::may_be_other;
}

/// A head alone has no product that is large enough, and depthwise convolutions, of which
/// MobileNets and ShuffleNets mostly consist, have no fast kernel.
bool trains_mixed(const TrainingJob& job, const torch::Device& device) {
    // libtorch lacks ReLU6's gradient there.
    if (job.precision == Precision::mixed && device.is_cpu() &&
        job.architecture.network == "mobilenet_v2" && job.config.layers != TrainedLayers::head)
        throw ConfigError(
            "precision: mobilenet_v2 cannot be trained mixed on a CPU; take full or auto");
    if (job.precision == Precision::mixed && !multiplies_bfloat16(device))
        throw ConfigError(
            "precision: " + device.str() +
            " does not multiply bfloat16 itself, mixed would be slower; take full or auto");
    if (job.precision != Precision::automatic) return job.precision == Precision::mixed;
    return job.config.layers != TrainedLayers::head &&
           job.architecture.network.starts_with("resnet") && multiplies_bfloat16(device);
}

/// One training in progress.
class Trainer {
public:
    Trainer(const TrainingJob& job, const TrainingHooks& hooks)
        : job_(job),
          hooks_(hooks),
          device_(resolve_device(job.device)),
          cut_(cut_for(job.config.layers)),
          amount_(Augmentation::of_strength(job.augmentation)),
          order_(job.seed, order),
          augmentation_(job.seed, augmentation),
          variants_(job.seed, variant_choice) {}

    std::pair<TrainingOutcome, TrainedModel> run();

private:
    void load_network();
    void load_samples();
    void load_held_out();
    double train_epoch(int epoch, const std::vector<std::int64_t>& sizes);
    double step(const std::vector<std::int64_t>& indices, double learning_rate);
    [[nodiscard]] NetworkInput crops_of(const TrainingSamples* samples,
                                        const std::vector<std::size_t>& indices) const;

    const TrainingJob& job_;
    const TrainingHooks& hooks_;
    torch::Device device_;
    Cut cut_;
    Augmentation amount_;
    Random order_, augmentation_, variants_;
    TrainingOutcome outcome_;
    std::shared_ptr<Network> network_;
    std::optional<TrainingSet> set_;
    std::optional<torch::optim::SGD> optimiser_;
    torch::Tensor class_weights_;
    Evaluator held_out_;
    std::optional<Distillation> distillation_;
    std::int64_t step_ = 0, steps_ = 0;
    bool finished_ = false;  // a hook wants no further batch
    double learning_rate_ = 0;
};

void Trainer::load_network() {
    network_ = make_network(job_.architecture, job_.seed);
    if (job_.start_weights) {
        outcome_.head_reinitialised =
            !load_state(*network_, *job_.start_weights, head_policy(job_));
        if (job_.distillation > 0) distillation_.emplace(job_, cut_, device_);
    }
    network_->to(device_);
    {
        const torch::NoGradGuard no_grad;
        for (auto& parameter : network_->parameters())
            if (parameter.dim() == 4)
                parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
    }
    network_->train_from(cut_);
    outcome_.parameters = parameter_count(network_->program());
}

NetworkInput Trainer::crops_of(const TrainingSamples* samples,
                               const std::vector<std::size_t>& indices) const {
    static const CropBatch none;
    const CropBatch& crops = samples ? samples->crops : none;
    return {crop_tensor(crops, indices, job_.architecture.input_size, device_),
            job_.architecture.place_width > 0 ? place_tensor(crops, indices, device_)
                                              : torch::Tensor()};
}

void Trainer::load_samples() {
    const auto selection = select_samples(job_);
    outcome_.samples_used = static_cast<int>(selection.fresh.size());
    outcome_.exemplars_used = static_cast<int>(selection.exemplars.size());
    auto inputs = together(crops_of(job_.fresh, selection.fresh),
                           crops_of(job_.exemplars, selection.exemplars));
    if (cut_ != Cut::image) {
        Random random(job_.seed, variants_made);
        inputs =
            frozen_outputs(FoldedNetwork(*network_), cut_, inputs, activation_variants(job_.config),
                           amount_, random, hooks_.between_batches);
    }
    set_.emplace(inputs, selection.labels, device_);
    class_weights_ = class_weights(selection.labels, job_.architecture.classes).to(device_);
}

void Trainer::load_held_out() {
    if (job_.held_out == nullptr || job_.held_out->empty()) return;
    validate(*job_.held_out, job_.architecture.classes);
    std::vector<std::size_t> every(job_.held_out->count());
    std::iota(every.begin(), every.end(), std::size_t{0});
    auto inputs = crops_of(job_.held_out, every);
    if (cut_ != Cut::image)
        inputs = frozen_outputs(FoldedNetwork(*network_), cut_, inputs, 1, amount_, augmentation_,
                                hooks_.between_batches);
    held_out_ = Evaluator(cut_, inputs, job_.held_out->labels);
    if (job_.start_weights && !outcome_.head_reinitialised)
        outcome_.parent_accuracy = held_out_.accuracy(*network_);
}

double Trainer::step(const std::vector<std::int64_t>& indices, double learning_rate) {
    auto [inputs, labels] = set_->batch(indices, variants_);
    if (cut_ == Cut::image) inputs = augmented(inputs, amount_, augmentation_);
    optimiser_->zero_grad();
    const auto logits = [&] {
        const MixedPrecision precision(device_, outcome_.mixed_precision);
        return network_->forward_from(cut_, inputs.values, inputs.places).to(torch::kFloat);
    }();
    auto loss = torch::cross_entropy_loss(logits, labels, class_weights_, at::Reduction::Mean,
                                          /*ignore_index=*/-100, label_smoothing);
    if (distillation_) loss = distillation_->blend(loss, inputs, logits);
    const double value = loss.item<double>();
    if (!std::isfinite(value)) return value;
    loss.backward();
    set_learning_rate(*optimiser_, learning_rate);
    optimiser_->step();
    return value;
}

double Trainer::train_epoch(int epoch, const std::vector<std::int64_t>& sizes) {
    std::vector<std::int64_t> shuffled(static_cast<std::size_t>(set_->count()));
    std::iota(shuffled.begin(), shuffled.end(), std::int64_t{0});
    order_.shuffle(shuffled);

    double loss = 0;
    std::size_t batches = 0;
    auto next = shuffled.begin();
    for (std::size_t i = 0; i < sizes.size() && !finished_; ++i) {
        if (hooks_.between_batches) hooks_.between_batches();
        std::vector<std::int64_t> indices(next, next + sizes[i]);
        next += sizes[i];
        if (sizes[i] == 1)
            indices.assign(
                2, shuffled.front());  // batch norm needs two; augmentation tells them apart
        learning_rate_ = job_.constant_learning_rate
                             ? job_.config.learning_rate
                             : learning_rate_at(step_, steps_, job_.config.learning_rate);
        ++step_;
        const double batch_loss = step(indices, learning_rate_);
        if (!std::isfinite(batch_loss))
            throw InputError("epoch " + std::to_string(epoch) + " of " +
                             std::to_string(job_.config.epochs) + ", batch " +
                             std::to_string(i + 1) + ": the loss is " + std::to_string(batch_loss) +
                             ", expected a finite one; is the learning rate " +
                             std::to_string(job_.config.learning_rate) + " too high?");
        loss += batch_loss;
        ++batches;
        finished_ = hooks_.finish && hooks_.finish();
    }
    return loss / static_cast<double>(batches);
}

std::pair<TrainingOutcome, TrainedModel> Trainer::run() {
    const Stopwatch total;
    outcome_.mixed_precision = trains_mixed(job_, device_);
    load_network();
    const double before_samples = total.device(device_);
    load_samples();
    outcome_.samples_device_seconds = total.device(device_) - before_samples;
    load_held_out();
    optimiser_.emplace(make_optimiser(*network_));
    const auto sizes = batch_sizes(set_->count(), job_.config.batch_size);
    steps_ = static_cast<std::int64_t>(sizes.size()) * job_.config.epochs;
    outcome_.setup_device_seconds = total.device(device_);

    for (int epochs = job_.config.epochs; !finished_ && outcome_.epochs < epochs;) {
        const Stopwatch epoch_time;
        EpochReport report;
        report.epoch = ++outcome_.epochs;
        report.epochs = epochs;
        report.loss = outcome_.final_loss = train_epoch(report.epoch, sizes);
        report.learning_rate = learning_rate_;
        report.seconds = epoch_time.wall();
        report.device_seconds = epoch_time.device(device_);
        if (hooks_.accuracy_every_epoch)
            outcome_.accuracy = report.held_out_accuracy = held_out_.accuracy(*network_);
        if (hooks_.on_epoch) hooks_.on_epoch(report);
        if (hooks_.epochs_to_run)
            epochs = std::clamp(hooks_.epochs_to_run(report), report.epoch, job_.config.epochs);
        steps_ = static_cast<std::int64_t>(sizes.size()) * epochs;
    }
    with_context("training", [&] { require_finite(*network_); });
    network_->eval();
    if (!outcome_.accuracy) outcome_.accuracy = held_out_.accuracy(*network_);
    outcome_.seconds = total.wall();
    outcome_.device_seconds = total.device(device_);
    return {outcome_,
            TrainedModel(std::make_unique<TrainedModel::Implementation>(network_, device_))};
}

}  // namespace

Precision precision_from(const std::string& name) {
    for (const auto& [value, text] : {std::pair{Precision::automatic, "auto"},
                                      {Precision::full, "full"},
                                      {Precision::mixed, "mixed"}})
        if (name == text) return value;
    throw DomainError("precision: \"" + name + "\" is not one of auto, full, mixed");
}

std::pair<TrainingOutcome, TrainedModel> train(const TrainingJob& job, const TrainingHooks& hooks) {
    validate(job.config);
    validate(job.architecture);
    require_in_range("augmentation", job.augmentation, 0, 2);
    require_in_range("distillation", job.distillation, 0, 1 - 1e-9);
    return Trainer(job, hooks).run();
}

}  // namespace ekya
