#pragma once
#include <functional>

#include "ekya/nn/training.hpp"
#include "ekya/profile/trial.hpp"

namespace ekya {

/// Runs the micro-profiler's trials as short trainings from the deployed model.
class TrialRunner : public TrialTrainer {
public:
    /// @param chance score of a model that has learned nothing
    TrialRunner(TrainingJob job, double start_seconds, std::function<void()> between_batches,
                double chance)
        : job_(std::move(job)),
          start_seconds_(start_seconds),
          between_batches_(std::move(between_batches)),
          chance_(chance) {}
    Trial run(const TrialRequest& request) override;

private:
    TrainingJob job_;
    double start_seconds_;
    std::function<void()> between_batches_;
    double chance_;
};

}  // namespace ekya
