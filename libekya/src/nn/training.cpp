#include "ekya/nn/training.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "distillation.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "ekya/nn/weights.hpp"
#include "evaluator.hpp"
#include "mixed_precision.hpp"
#include "norm_statistics.hpp"
#include "objective.hpp"
#include "onnx_weights.hpp"
#include "optimiser.hpp"
#include "start_weights.hpp"
#include "state_dict.hpp"
#include "torch_error.hpp"
#include "trained_model.hpp"
#include "training_set.hpp"
#include "training_state.hpp"

namespace ekya {
namespace {

/// Streams of random numbers of one job.
enum Purpose : std::uint64_t { order = 1, augmentation = 2, variant_choice = 3, variants_made = 4 };

/// Wall-clock and device time since construction.
class Stopwatch {
public:
    explicit Stopwatch(const torch::Device& device)
        : device_(device.str()), device_start_(device_seconds(device_)) {}
    [[nodiscard]] Seconds wall() const { return clock_.now() - wall_start_; }
    [[nodiscard]] double device() const { return device_seconds(device_) - device_start_; }

private:
    SystemClock clock_;
    std::string device_;
    Seconds device_start_, wall_start_ = clock_.now();
};

/// So many pictures tell what batch norms see.
torch::Tensor some_of(const torch::Tensor& pictures) {
    constexpr std::int64_t most = 16;
    const auto step = std::max<std::int64_t>(1, pictures.size(0) / most);
    return pictures.slice(0, 0, c10::nullopt, step).narrow(0, 0, std::min(most, pictures.size(0)));
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
          objective_(job.architecture.task == detection_task
                         ? detection_objective(job, device_)
                         : classification_objective(job, device_)),
          order_(job.seed, order),
          augmentation_(job.seed, augmentation),
          variants_(job.seed, variant_choice) {}

    std::pair<TrainingOutcome, TrainedModel> run();

private:
    void load_network();
    void load_samples();
    void load_held_out();
    [[nodiscard]] TrainingState state();
    void go_on();
    void leave(const Stopwatch& total);
    double train_epoch(int epoch, const std::vector<std::int64_t>& sizes, const Stopwatch& total);
    torch::Tensor step(const std::vector<std::int64_t>& indices, double learning_rate);
    void require_finite_loss(double loss, int epoch, std::size_t batch) const;
    [[nodiscard]] std::optional<double> held_out_score() const;

    const TrainingJob& job_;
    const TrainingHooks& hooks_;
    torch::Device device_;
    Cut cut_;
    std::unique_ptr<Objective> objective_;
    Random order_, augmentation_, variants_;
    TrainingOutcome outcome_;
    std::shared_ptr<Network> network_;
    std::optional<TrainingSet> set_;
    std::optional<Optimiser> optimiser_;
    Evaluator held_out_;
    std::optional<Distillation> distillation_;
    std::vector<std::int64_t> shuffled_;  // samples of the epoch under way
    std::vector<torch::Tensor> losses_;   // of its batches so far
    bool goes_on_ = false;                // with an epoch that another process has begun
    std::int64_t step_ = 0, steps_ = 0;
    bool finished_ = false;  // a hook wants no further batch
    double learning_rate_ = 0;
    double spent_before_ = 0, seconds_before_ = 0;  // by another process
};

void Trainer::load_network() {
    network_ = make_network(job_.architecture, job_.seed);
    if (job_.start_weights) {
        outcome_.head_reinitialised = !load_start(*network_, job_);
        const bool answers_unknown = outcome_.head_reinitialised && is_onnx(*job_.start_weights);
        if (job_.distillation > 0 && !answers_unknown) distillation_.emplace(job_, cut_, device_);
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

void Trainer::load_samples() {
    const auto used = objective_->used();
    outcome_.samples_used = used.fresh;
    outcome_.exemplars_used = used.exemplars;
    auto inputs = objective_->samples();
    if (job_.start_weights && is_onnx(*job_.start_weights))
        measure_statistics(*network_, some_of(inputs.values));
    if (cut_ != Cut::image) {
        Random random(job_.seed, variants_made);
        inputs = frozen_outputs(
            FoldedNetwork(*network_), cut_, inputs, activation_variants(job_.config),
            [&](const NetworkInput& batch) { return objective_->augmented(batch, random); },
            hooks_.between_batches);
    }
    set_.emplace(inputs, objective_->labels(), device_);
}

void Trainer::load_held_out() {
    auto inputs = objective_->held_out();
    if (!inputs) return;
    if (cut_ != Cut::image)
        inputs =
            frozen_outputs(FoldedNetwork(*network_), cut_, *inputs, 1, {}, hooks_.between_batches);
    held_out_ = Evaluator(cut_, std::move(*inputs));
    if (job_.start_weights && !outcome_.head_reinitialised)
        outcome_.parent_accuracy = held_out_score();
}

/// None if nothing is held out.
std::optional<double> Trainer::held_out_score() const {
    const auto outputs = held_out_.outputs(*network_);
    return outputs.defined() ? std::optional(objective_->score(outputs)) : std::nullopt;
}

/// @return the loss, which is not waited for
torch::Tensor Trainer::step(const std::vector<std::int64_t>& indices, double learning_rate) {
    auto batch = set_->batch(indices, variants_);
    if (cut_ == Cut::image) batch.inputs = objective_->augmented(batch.inputs, augmentation_);
    optimiser_->zero_grad();
    const auto outputs = [&] {
        const MixedPrecision precision(device_, outcome_.mixed_precision);
        return network_->forward_from(cut_, batch.inputs).to(torch::kFloat);
    }();
    auto loss = objective_->loss(outputs, batch);
    if (distillation_) loss = distillation_->blend(loss, batch.inputs, outputs, *objective_);
    loss.backward();
    if (const double most = objective_->most_gradient(); most > 0)
        torch::nn::utils::clip_grad_norm_(network_->trained_parameters(), most);
    optimiser_->step(learning_rate);
    return loss.detach();
}

void Trainer::require_finite_loss(double loss, int epoch, std::size_t batch) const {
    if (std::isfinite(loss)) return;
    throw InputError("epoch " + std::to_string(epoch) + " of " +
                     std::to_string(job_.config.epochs) + ", batch " + std::to_string(batch + 1) +
                     ": the loss is " + std::to_string(loss) +
                     ", expected a finite one; is the learning rate " +
                     std::to_string(job_.config.learning_rate) + " too high?");
}

TrainingState Trainer::state() {
    return {*network_, *optimiser_, {&order_, &augmentation_, &variants_},
            outcome_,  shuffled_,   losses_,
            step_,     steps_};
}

/// Takes up what another process has left.
void Trainer::go_on() {
    hooks_.prepared();
    if (hooks_.state_file.empty() || !std::filesystem::exists(hooks_.state_file)) return;
    const auto before = outcome_;
    state().read(hooks_.state_file, device_);
    std::filesystem::remove(hooks_.state_file);  // a later one must not find it
    goes_on_ = true;
    --outcome_.epochs;  // the one under way is counted again
    spent_before_ = outcome_.device_seconds;
    seconds_before_ = outcome_.seconds;
    outcome_.seconds = before.seconds;
    outcome_.device_seconds = before.device_seconds;
}

void Trainer::leave(const Stopwatch& total) {
    outcome_.seconds = seconds_before_ + total.wall();
    outcome_.device_seconds = spent_before_ + total.device();
    state().write(hooks_.state_file);
    throw HandedOver();
}

double Trainer::train_epoch(int epoch, const std::vector<std::int64_t>& sizes,
                            const Stopwatch& total) {
    if (!std::exchange(goes_on_, false)) {
        shuffled_.resize(static_cast<std::size_t>(set_->count()));
        std::iota(shuffled_.begin(), shuffled_.end(), std::int64_t{0});
        order_.shuffle(shuffled_);
        losses_.clear();
    }
    auto next =
        shuffled_.begin() +
        std::accumulate(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(losses_.size()),
                        std::int64_t{0});
    for (std::size_t i = losses_.size(); i < sizes.size() && !finished_; ++i) {
        if (hooks_.leave && hooks_.leave()) leave(total);
        if (hooks_.between_batches) hooks_.between_batches();
        std::vector<std::int64_t> indices(next, next + sizes[i]);
        next += sizes[i];
        if (sizes[i] == 1)
            indices.assign(
                2, shuffled_.front());  // batch norm needs two; augmentation tells them apart
        learning_rate_ = job_.constant_learning_rate
                             ? job_.config.learning_rate
                             : learning_rate_at(step_, steps_, job_.config.learning_rate);
        ++step_;
        {
            const DeviceWork work(device_.str());
            losses_.push_back(step(indices, learning_rate_));
        }
        // A GPU is asked once an epoch: until then it need not wait for the CPU.
        if (device_.is_cpu()) require_finite_loss(losses_.back().item<double>(), epoch, i);
        finished_ = hooks_.finish && hooks_.finish();
    }
    const auto values = torch::stack(losses_).to(torch::kFloat64).cpu();
    double sum = 0;
    for (std::size_t i = 0; i < losses_.size(); ++i) {
        const double loss = values.data_ptr<double>()[i];
        require_finite_loss(loss, epoch, i);
        sum += loss;
    }
    return sum / static_cast<double>(losses_.size());
}

std::pair<TrainingOutcome, TrainedModel> Trainer::run() {
    const Stopwatch total(device_);
    outcome_.batch_size = job_.config.batch_size;
    outcome_.mixed_precision = trains_mixed(job_, device_);
    const auto set_up = [this](void (Trainer::*work)()) {
        const DeviceWork counted(device_.str());
        (this->*work)();
    };
    set_up(&Trainer::load_network);
    const double before_samples = total.device();
    set_up(&Trainer::load_samples);
    outcome_.samples_device_seconds = total.device() - before_samples;
    set_up(&Trainer::load_held_out);
    optimiser_.emplace(*network_);
    outcome_.setup_device_seconds = total.device();
    go_on();
    const auto sizes = batch_sizes(set_->count(), outcome_.batch_size);
    if (!goes_on_) steps_ = static_cast<std::int64_t>(sizes.size()) * job_.config.epochs;

    for (int epochs = job_.config.epochs; !finished_ && outcome_.epochs < epochs;) {
        const Stopwatch epoch_time(device_);
        EpochReport report;
        report.epoch = ++outcome_.epochs;
        report.epochs = epochs;
        report.loss = outcome_.final_loss = train_epoch(report.epoch, sizes, total);
        report.learning_rate = learning_rate_;
        report.seconds = epoch_time.wall();
        report.device_seconds = epoch_time.device();
        if (hooks_.accuracy_every_epoch)
            outcome_.accuracy = report.held_out_accuracy = held_out_score();
        if (hooks_.on_epoch) hooks_.on_epoch(report);
        if (hooks_.epochs_to_run)
            epochs = std::clamp(hooks_.epochs_to_run(report), report.epoch, job_.config.epochs);
        steps_ = static_cast<std::int64_t>(sizes.size()) * epochs;
    }
    with_context("training", [&] { require_finite(*network_); });
    network_->eval();
    if (!outcome_.accuracy) outcome_.accuracy = held_out_score();
    if (job_.measure_bfloat16 && outcome_.accuracy && multiplies_bfloat16(device_))
        outcome_.bfloat16_accuracy = objective_->score(FoldedNetwork(*network_, torch::kBFloat16));
    outcome_.seconds = seconds_before_ + total.wall();
    outcome_.device_seconds = spent_before_ + total.device();
    return {outcome_,
            TrainedModel(std::make_unique<TrainedModel::Implementation>(network_, device_))};
}

}  // namespace

std::pair<TrainingOutcome, TrainedModel> train(const TrainingJob& job, const TrainingHooks& hooks) {
    validate(job.config);
    validate(job.architecture);
    require_in_range("augmentation", job.augmentation, 0, 2);
    require_in_range("distillation", job.distillation, 0, 1 - 1e-9);
    TrainingJob fitting = job;
    TrainingHooks once = hooks;
    once.prepared = [&hooks, told = false]() mutable {
        if (hooks.prepared && !std::exchange(told, true)) hooks.prepared();
    };
    while (true) {
        try {
            return Trainer(fitting, once).run();
        } catch (const c10::Error& error) {
            if (!is_out_of_memory(error)) throw;
            if (fitting.config.batch_size < 4)
                throw SystemError("training: the GPU has no memory for a batch of " +
                                  std::to_string(fitting.config.batch_size) + ": " +
                                  first_line(error.what_without_backtrace()));
        }
        release_gpu_memory();
        fitting.config.batch_size /= 2;
    }
}

}  // namespace ekya
