#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"
#include "ekya/core/planning_input.hpp"

namespace ekya {

/// The retraining a plan grants to a stream.
struct PlannedRetraining {
    RetrainingConfig config;
    double share =
        0;  ///< of one device, when it starts; > 0 (0 = elsewhere; reference policies: never run)
    Seconds expected_seconds =
        0;  ///< until it ends (elsewhere: its model is here), from the start of the plan
    double expected_accuracy = 0;  ///< of the retrained model, as estimated
    Seconds start_seconds = 0;     ///< when it starts, from the start of the plan
    std::string name =
        {};  ///< what the estimate's source calls the configuration; empty = config.name()
    bool elsewhere = false;      ///< on other devices, e.g. in the cloud: holds no share of these
    RetrainingStart start = {};  ///< as the stream's PlanningInput says

    [[nodiscard]] std::string id() const { return name.empty() ? config.name() : name; }
};

/// What a stream's jobs hold from some moment on, until the next step.
struct PlanStep {
    Seconds start = 0;            ///< from the start of the plan
    double inference_share = 0;   ///< of one device; >= 0
    double retraining_share = 0;  ///< 0 = not running: not started, paused or done
    InferenceConfig inference = {};
    int inference_gpu = -1;   ///< the one device the job lies on, from 0; -1 = not placed
    int retraining_gpu = -1;  ///< the same for the retraining
    friend bool operator==(const PlanStep&, const PlanStep&) = default;
};

/// What one stream gets in a window.
struct StreamPlan {
    std::string stream;
    std::optional<PlannedRetraining> retraining;  ///< none = γ is ∅
    std::vector<PlanStep> steps;                  ///< what its jobs hold: ascending, the first at 0
    double expected_accuracy = 0;  ///< mean inference accuracy over the window, in [0, 1]
    std::string cached =
        {};  ///< id of the earlier model that serves from the start; empty = the deployed one
};

/// Times of a plan (in parts of its horizon), shares and accuracies that differ by no more than
/// this are taken as equal: sums of them are rounded.
inline constexpr double plan_tolerance = 1e-9;

/// The step in force at a time; one that starts up to a rounding error later is in force already.
/// @param steps at least one
[[nodiscard]] const PlanStep& step_at(const std::vector<PlanStep>& steps, Seconds time);

/// Device-seconds that the steps give to the stream's retraining until a time.
[[nodiscard]] double retraining_device_seconds(const std::vector<PlanStep>& steps, Seconds until);

/// The step in force when the stream's retraining has ended; without a retraining the last one.
[[nodiscard]] const PlanStep& step_after_retraining(const StreamPlan& plan);

/// What it cost to lay a plan's shares onto whole devices, since no job straddles two.
/// Device-seconds are counted over the plan as it runs when placed.
struct Placement {
    int moves = 0;  ///< changes of device of running jobs, each of which restarts a process
    double granted_device_seconds = 0;  ///< what the plan grants its jobs; >= 0
    double lost_device_seconds =
        0;  ///< the part of it that fits on no device; in [0, granted_device_seconds]
    double lost_accuracy = 0;  ///< of the plan's expected mean_accuracy, by placing it

    /// Part of what was granted that fragmentation costs; in [0, 1].
    [[nodiscard]] double fragmentation() const {
        return granted_device_seconds > 0 ? lost_device_seconds / granted_device_seconds : 0;
    }
};

/// One retraining window's allocation.
struct Plan {
    std::string policy;
    int window = 0;
    double gpus = 0;      ///< devices shared out
    Seconds horizon = 0;  ///< time the plan is for
    Seconds elapsed =
        0;  ///< since the window's first plan, which this one takes the place of; 0 = is the first
    double min_accuracy = 0;          ///< a_MIN the plan was made for
    std::vector<StreamPlan> streams;  ///< in the order of the estimates
    double mean_accuracy = 0;         ///< expected, over streams
    Seconds decision_seconds = 0;     ///< time the scheduler took
    std::vector<std::string>
        violations;  ///< constraints that could not be held, in words; empty if all hold
    std::optional<double> bound =
        {};  ///< no plan's mean accuracy exceeds this; none = not computed
    std::optional<Placement> placement = {};  ///< none: shares are of all devices together
};

/// Copies into the planned retrainings where the inputs say that they start. Streams without an
/// input keep what they have.
void carry_starts(Plan& plan, std::span<const PlanningInput> inputs);

}  // namespace ekya
