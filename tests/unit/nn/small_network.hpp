#pragma once
#include "ekya/core/model_card.hpp"
#include "ekya/nn/training.hpp"

namespace ekya::test {

/// The narrowest network, for three classes: fast also under sanitizers.
inline Architecture small_architecture(int head_width = 0) {
    Architecture architecture;
    architecture.width = 0.125;
    architecture.head_width = head_width;
    architecture.classes = 3;
    return architecture;
}

inline TrainingJob small_job(const TrainingSamples& fresh, int epochs = 4,
                             TrainedLayers layers = TrainedLayers::all) {
    TrainingJob job;
    job.architecture = small_architecture();
    job.config.epochs = epochs;
    job.config.layers = layers;
    job.config.batch_size = 16;
    job.config.learning_rate = 0.05;
    job.seed = 7;
    job.fresh = &fresh;
    return job;
}

}  // namespace ekya::test
