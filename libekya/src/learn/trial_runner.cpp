#include "trial_runner.hpp"

#include <algorithm>
#include <vector>

#include "ekya/device/device.hpp"

namespace ekya {

Trial TrialRunner::run(const TrialRequest& request) {
    Trial trial;
    TrainingJob job = job_;
    job.architecture.head_width = request.head_width;
    job.config = {request.epochs,     request.sample_fraction, request.layers,
                  request.batch_size, request.head_width,      request.learning_rate};
    const double begin = device_seconds(job_.device);
    std::vector<double> epochs;  // device-seconds
    TrainingHooks hooks;
    hooks.between_batches = between_batches_;
    hooks.accuracy_every_epoch = true;
    hooks.epochs_to_run = [&](const EpochReport& report) {
        epochs.push_back(report.device_seconds);
        trial.accuracy_per_epoch.push_back(report.held_out_accuracy.value_or(0));
        const bool stop = has_stalled(trial.accuracy_per_epoch, request.patience) ||
                          (request.budget_seconds > 0 &&
                           device_seconds(job_.device) - begin > request.budget_seconds);
        return stop ? report.epoch : report.epochs;
    };
    const auto [outcome, model] = train(job, hooks);
    trial.device_seconds = device_seconds(job_.device) - begin;
    // The first epoch prepares kernels too, once for each size of batch: that is part of any
    // training's start.
    const double first = epochs.front();
    std::sort(epochs.begin(), epochs.end());
    const double usual = std::max(epochs[(epochs.size() - 1) / 2], 1e-9);
    trial.device_seconds_per_epoch = usual;
    trial.samples_seconds = outcome.samples_device_seconds;
    trial.setup_seconds = outcome.setup_device_seconds - outcome.samples_device_seconds +
                          std::max(0.0, first - usual) + start_seconds_;
    trial.samples = outcome.samples_used + outcome.exemplars_used;
    if (outcome.head_reinitialised) trial.start_accuracy = chance_;
    return trial;
}

}  // namespace ekya
