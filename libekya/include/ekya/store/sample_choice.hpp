#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ekya/core/image.hpp"
#include "ekya/store/crop_sample.hpp"

namespace ekya {

/// Which of a window's crops the golden model labels.
enum class SampleChoice {
    uniform,  ///< any, all alike
    change,  ///< those that look least like any chosen before: what is new is labelled, what stands
             ///< still once
    uncertain  ///< those the serving model is least sure of
};
/// @throws DomainError for a name that is not uniform, change or uncertain
[[nodiscard]] SampleChoice sample_choice_from(const std::string& name);

struct SampleOptions {
    double fraction = 0.3;  ///< of the window's crops; in [0, 1]
    SampleChoice choice = SampleChoice::uniform;
    double uniform_part = 0.5;  ///< of the sample that is drawn uniformly all the same; in [0, 1]
    std::uint64_t seed = 1;
    /// Probability of the most probable class of every crop, as many as there are crops; needed for
    /// uncertain only.
    std::function<std::vector<double>(const CropBatch&)> confidence = {};
};

struct ChosenCrop {
    CropReference reference;
    bool uniform = true;  ///< drawn uniformly
    double weight = 1;    ///< how many of the crops it stands for where accuracies are measured,
                          ///< relative to the others; 0 = none
};

/// Crops to label, in ascending order. Accuracy measured on crops that were chosen for being hard
/// or new is no accuracy of the stream, so a part is always drawn uniformly and marked. The uniform
/// part is the one that sample_crops() draws for its size. With `uncertain` all crops up to some
/// confidence are labelled and stand for themselves, and the uniform ones above it for all that lie
/// there: who weighs them so measures with less noise than on the uniform ones alone. Where none
/// lies above it, and for `change`, only uniform ones have a weight. With a fraction of 1 all are
/// uniform.
/// @param crops all of the window's
/// @throws DomainError for an option out of range, crops that are not the manifest's, confidences
/// that are not as many or not in [0, 1] Source: k-centre greedy (Sener and Savarese, 2018) on
/// thumbnails for change; least confidence (Lewis and Gale, 1994) for uncertain; weights:
/// stratified sampling; the use of both for edge retraining: Legilimens (2025), EdgeSync (2024).
[[nodiscard]] std::vector<ChosenCrop> choose_crops(const WindowManifest& manifest,
                                                   const CropBatch& crops,
                                                   const SampleOptions& options);

}  // namespace ekya
