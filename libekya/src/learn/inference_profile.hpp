#pragma once
#include <span>
#include <vector>

#include "ekya/learn/profiling.hpp"
#include "ekya/task/task.hpp"

namespace ekya {

/// What sampling frames and shrinking crops cost and lose, for every stride and input size of the
/// request. Relative accuracy: what the task says can be carried over from the last analysed frame,
/// times the deployed model's score at that input size over that at its own, on the labelled
/// samples. Device-seconds: what live inference reported for an analysed frame of the
/// window before, corrected by what the network itself takes less at a smaller input.
/// @param labels_of the store that the manifest is of   @param deployed the model that serves
/// @param labelled samples to measure on, the first parts that together have about 100 labels;
/// without any, the network counts nothing
/// @throws InputError for a missing or damaged report
[[nodiscard]] std::vector<InferenceEstimate> profile_inference(
    const Store& store, const Store& labels_of, const WindowManifest& manifest,
    const ProfilingRequest& request, const TaskModel& deployed,
    std::span<const Samples* const> labelled);

}  // namespace ekya
