#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ekya/schedule/plan/score.hpp"
#include "ekya/simulate/profile_set.hpp"
#include "ekya/simulate/simulated_policy.hpp"

namespace ekya {

/// What is simulated, apart from the profiles.
struct SimulationOptions {
    SimulatedPolicy policy = {};
    double gpus = 1;
    Seconds window_seconds = 200;
    Seconds delay =
        0;  ///< of every window, before retraining can start: the golden model labels; >= 0
    double noise =
        0;  ///< standard deviation of what is added to the predicted accuracies; in [0, 1]
    std::uint64_t seed = 1;    ///< of the noise
    double min_accuracy = 0;   ///< a_MIN; in [0, 1]
    double max_job_share = 1;  ///< of one device; with reference_scoring a job may use all devices
    bool reference_scoring = false;  ///< whole seconds, as the published simulator scores
    bool place = true;               ///< lay jobs onto whole devices, as live windows do
    bool pool = true;          ///< draw predictions together (pooled_inputs), as live windows do
    bool keep_models = false;  ///< a window starts with the models that earlier ones left, else as
                               ///< the profiles say
    bool keep_plans = false;   ///< for timelines
    /// Upper bound on the mean accuracy of a window whose estimates are the truth; none = not
    /// computed.
    std::function<double(const ScheduleProblem&)> bound = {};
    std::function<void()> check =
        {};  ///< called before each window, by any thread; may throw to stop
};

/// How one stream fared in a window.
struct SimulatedStream {
    std::string stream;
    StreamScore score;
    std::string retraining;  ///< id of the configuration that was begun; empty = none
    std::string counted_as =
        {};  ///< id of that of fewer epochs which it counts as; empty = its own
};

/// One window as it went.
struct SimulatedWindow {
    std::string name;
    double mean_accuracy = 0;      ///< over its streams
    double expected_accuracy = 0;  ///< what the plan promised
    Seconds decision_seconds = 0;  ///< of all its plans
    std::optional<double> bound;
    std::vector<SimulatedStream> streams;
    std::vector<std::string> violations;  ///< of the plan, in words
    std::optional<Plan> plan;             ///< only with keep_plans
};

struct Simulation {
    SimulationOptions options;
    bool oracle = false;  ///< planned with the true values
    std::size_t streams = 0;
    double mean_accuracy = 0;      ///< over the windows
    Seconds decision_seconds = 0;  ///< mean of a window
    std::optional<double> bound;   ///< mean over the windows
    std::vector<SimulatedWindow> windows;
};

/// A window as the planner will see it. Refers to the profiles it was made from.
struct PreparedWindow {
    const ProfileWindow* profile = nullptr;
    std::optional<std::vector<PlanningInput>> changed =
        {};               ///< predictions, where they are not the profile's own
    Seconds seconds = 0;  ///< that preparing the predictions took; part of the decision's time

    [[nodiscard]] const std::vector<PlanningInput>& predicted() const {
        return changed ? *changed : profile->predicted;
    }
};

/// Whether planners see the predictions pooled over streams and windows (pooled_inputs): all but
/// the published simulator's, unless predictions are the truth.
[[nodiscard]] bool pools_estimates(const SimulationOptions& options, bool oracle);

/// All windows of a set with noise added, and refined where the policy does so.
[[nodiscard]] std::vector<PreparedWindow> prepare_windows(const ProfileSet& set,
                                                          const SimulationOptions& options,
                                                          bool oracle);

/// Runs a window as WindowRunner runs a live one: planned with its predictions, and anew whenever
/// something happens that was not foreseen; what is true decides what happens. The published
/// simulator's policies plan once, and the plan is followed.
/// @throws DomainError naming stream, field or option
[[nodiscard]] SimulatedWindow simulate_window(const PreparedWindow& window, const ProfileSet& set,
                                              const SimulationOptions& options);

/// All windows of a set, one after the other.
[[nodiscard]] Simulation simulate(const ProfileSet& set, const SimulationOptions& options,
                                  bool oracle);

/// Means over the windows, into the simulation.
void summarise(Simulation& simulation);

/// Adds Gaussian noise to the accuracies after retraining, clipped to [0, 1]. It depends on the
/// seed, the window's name and the names of stream and configuration alone: the same whatever else
/// is simulated. Source: Ekya, Figure 11b.
void add_noise(std::vector<PlanningInput>& predicted, const std::string& window,
               double standard_deviation, std::uint64_t seed);

}  // namespace ekya
