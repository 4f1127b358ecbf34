#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ekya/core/image.hpp"
#include "ekya/store/store.hpp"

namespace ekya {

/// Which labelled crops a training may use.
struct TrainingDataRequest {
    std::string stream;
    std::vector<std::string> classes;   ///< class index = position
    std::vector<int> fresh_windows;     ///< the newest windows, learned from in full
    int memory_before = 0;              ///< exemplars come from labelled windows below this one
    int exemplars = 600;                ///< at most this many crops of earlier windows; 0 = none
    double held_out = 0.2;              ///< part of the fresh labels kept for measuring; in [0, 1)
    int held_out_most = 0;              ///< but about this many at most; 0 = no limit
    std::uint64_t seed = 1;
};

/// What they are.
struct TrainingData {
    LabelledCrops fresh;       ///< to train on
    LabelledCrops held_out;    ///< never trained on
    LabelledCrops exemplars;   ///< of earlier windows, class-balanced
    std::vector<int> windows;  ///< all windows that contributed, ascending
    int unknown = 0;           ///< labels left out because their class is not among `classes`
};

/// Reads the labelled crops of a stream. Exemplars are drawn class by class in turn, a seeded shuffle within each class,
/// so that rare classes of earlier windows are not forgotten.
/// @throws InputError if a fresh window or its labels are missing or damaged; earlier windows without labels are passed over
/// Source: the exemplar memory of iCaRL as used by Ekya, §5. Ours: random class-balanced instead of herding.
[[nodiscard]] TrainingData load_training_data(const Store& store, const TrainingDataRequest& request);

}  // namespace ekya
