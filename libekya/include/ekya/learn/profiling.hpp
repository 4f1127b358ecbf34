#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/profile_record.hpp"
#include "ekya/learn/start_choice.hpp"
#include "ekya/nn/training.hpp"
#include "ekya/profile/drift.hpp"
#include "ekya/profile/micro_profile.hpp"
#include "ekya/task/training_data.hpp"

namespace ekya {

/// What to estimate, of one stream.
struct ProfilingRequest {
    std::string stream;
    std::vector<std::string> classes;
    int window = 1;         ///< to be planned; its data is the window before, and earlier ones
    int fresh_windows = 1;  ///< a retraining learns in full from so many newest windows, as far as
                            ///< they came after what the deployed model knows; >= 1
    bool only_drifted = false;  ///< without drift no retraining is estimated
    std::string model;          ///< the deployed one
    std::vector<RetrainingConfig> configs;
    bool prune = true;            ///< leave out configurations that earlier windows dropped
    MicroProfileOptions options;  ///< min_samples 0 = as the task says
    double budget_seconds = 0;    ///< device-seconds for this stream's profile, 0 = unlimited
    double spent_seconds = 0;  ///< of that and of the profile's cost: what was spent before, such
                               ///< as on starting the process
    int exemplars = 600;       ///< as the retraining will use
    MemoryOptions memory =
        {};  ///< likewise; from_window is taken from the newest estimate if larger there
    WarmStart warm_start = WarmStart::own;       ///< whose models a retraining may start from
    int earlier_models = 3;                      ///< of the stream, tried on the newest labels
    double distillation = 0;                     ///< as the retraining will use
    Precision precision = Precision::automatic;  ///< likewise
    bool look_for_drift = true;
    DriftRule drift = {};
    std::optional<double> start_hour =
        {};  ///< hour of the day at which the stream began, in [0, 24); none = unknown
    double held_out =
        0.5;  ///< of the uniformly drawn fresh labels: trials are short, measuring needs many
    int held_out_most = 128;  ///< labels beyond this make measuring dearer, hardly surer
    int measured_most = 512;  ///< labels that the deployed model is measured on, at most; 0 = all
    int repeats = 1;  ///< trainings of each configuration that measure_truth() averages; >= 1
    double pace = 1;  ///< seconds of video per second
    std::vector<int> strides{1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30};
    std::vector<double> input_scales{1, 0.75,
                                     0.5};  ///< of the trained input size, falling; in (0, 1]
    double start_seconds = 0;  ///< device-seconds that starting a training process costs
    std::uint64_t seed = 1;
    std::string device = "cpu";
    std::function<void()> between_batches;  ///< may wait or throw
};

struct Profile {
    ProfileRecord record;
    std::vector<RetrainingConfig>
        untried;  ///< estimated from experience and remembered cost alone: the budget was spent
    std::vector<RetrainingConfig>
        dropped;  ///< not estimated: the budget was spent, and no earlier window knows their cost
};

/// Estimates one stream for the window to be planned: accuracy of the deployed model, on the fresh
/// labels and with the change that earlier windows saw; cost, gain and standard error of every
/// retraining configuration that was not pruned, from short trials and from what earlier
/// retrainings brought (the store's estimates and model cards); cost and loss of sampling frames
/// and of smaller inputs. Where another model answers the newest labels better, trials start from
/// it; on drift stale exemplars are forgotten.
/// @throws InputError for a missing or damaged window, labels or model
/// Source: Bhardwaj et al., "Ekya", NSDI 2022, §4.3.
[[nodiscard]] Profile profile_stream(const Store& store, const ProfilingRequest& request);

}  // namespace ekya
