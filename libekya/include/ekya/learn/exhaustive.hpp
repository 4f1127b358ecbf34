#pragma once
#include "ekya/core/truth.hpp"
#include "ekya/learn/profiling.hpp"

namespace ekya {

/// Trains every configuration for real, exactly as ekya-train would from the deployed model, and
/// measures each result on all labelled objects of the window to be planned itself. Costs as much
/// as all the retrainings together, and needs labels that no planner has: it tells what profiles
/// are worth, and gives traces to simulate with. If the store holds a profile of this window and
/// model, retrainings start where the profile says (as far as the request allows warm starts), and
/// the earlier models that it lists are measured too. With `repeats` of 2 and more every
/// configuration is trained so often, with the seeds request.seed, request.seed + 1, ...:
/// accuracies and device-seconds are means, and the single accuracies are listed.
/// @param store windows, labels up to the window before, and the deployed model; nothing is added
/// to it
/// @param truth store that holds the window itself with its labels, best of all its objects; may be
/// the same
/// @return accuracies on the window, their binomial errors, and the device-seconds used, the start
///         of a process included; if `truth` has labels of the window before that `store` has not,
///         accuracies on those objects too (accuracy_now)
/// @throws DomainError for repeats below 1
/// @throws InputError for missing or damaged windows, labels or model, SystemError if no scratch
/// directory can be made Source: Bhardwaj et al., "Ekya", NSDI 2022, §4.3 (exhaustive profiling).
[[nodiscard]] Truth measure_truth(const Store& store, const Store& truth,
                                  const ProfilingRequest& request);

}  // namespace ekya
