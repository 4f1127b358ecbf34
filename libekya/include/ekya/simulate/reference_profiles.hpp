#pragma once
#include <filesystem>
#include <vector>

#include "ekya/core/planning_input.hpp"
#include "ekya/schedule/plan/inference_curve.hpp"
#include "ekya/simulate/profile_set.hpp"

namespace ekya {

/// Reads a directory in the published profile format: <camera>.json each, and an inference profile.
/// Cameras in the order of manifest.json (`cameras`: names, or objects with a `name`), without one
/// all other *.json sorted by name. A stream is named after its camera; its accuracy is the lowest
/// that the window's `taskwise_infer_profiles` names; retraining estimates keep the name and the
/// order of the file, of their configuration only the epochs are known.
/// @param streams only the first so many cameras; 0 = all
/// @param oracle the prediction is the truth; taskwise_predicted_profiles is not read
/// @param inference_profile CSV file; empty = real_inference_profiles.csv in the directory
/// @throws InputError "file: /pointer: ..." for what is missing, of the wrong type, out of range or
/// named twice, for a window that one of the cameras lacks, and for fewer cameras than asked for
/// Source: the simulator published with the paper, its profile files.
[[nodiscard]] ProfileSet read_reference_profiles(
    const std::filesystem::path& directory, int streams, bool oracle,
    const std::filesystem::path& inference_profile = {});

/// Accuracy over the stride of frame sampling, from the columns `subsampling` and c1 of a CSV file;
/// other columns are not looked at.
/// @param full_share share of one device that analyses every frame; > 0
/// @throws InputError "file:line: ..." for a missing column, no rows, what is no number or out of
/// range, strides that do not rise and accuracies that do
[[nodiscard]] InferenceCurve read_inference_profile(const std::filesystem::path& csv,
                                                    double full_share = 0.25);

/// The same as a list of configurations: every k-th frame needs full_share / k.
/// @throws InputError also for a stride that is not whole
[[nodiscard]] std::vector<InferenceEstimate> read_inference_estimates(
    const std::filesystem::path& csv, double full_share = 0.25);

}  // namespace ekya
