#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "ekya/core/image.hpp"
#include "ekya/core/window.hpp"
#include "ekya/store/sample_choice.hpp"

namespace ekya {

/// Positions in the manifest's frames of those whose image is stored, ascending.
[[nodiscard]] std::vector<std::size_t> kept_frames(const WindowManifest& manifest);

/// Which of a window's kept frames the golden model labels.
struct FrameChoiceOptions {
    double fraction = 0.3;  ///< of the kept frames; in [0, 1]
    SampleChoice choice = SampleChoice::uniform;
    double uniform_part = 0.5;  ///< of the sample that is drawn uniformly all the same; in [0, 1]
    std::uint64_t seed = 1;
    /// How much is to be learned from each of these frames (positions in the manifest), one finite
    /// number for each; the largest are labelled first, equal ones in random order. E.g. how much
    /// the model's answers in a frame differ from those of the model before it. Without it
    /// `uncertain` is uniform.
    std::function<std::vector<double>(std::span<const std::size_t>)> doubt = {};
    /// A picture of each of these frames, all of one size; needed for `change` only.
    std::function<CropBatch(std::span<const std::size_t>)> pictures = {};
};

struct ChosenFrame {
    std::size_t frame = 0;  ///< position in the manifest's frames
    bool uniform = true;    ///< drawn uniformly
    double weight = 1;      ///< how many of the kept frames it stands for where accuracies are
                            ///< measured, relative to the others; 0 = none
    friend bool operator==(const ChosenFrame&, const ChosenFrame&) = default;
};

/// Frames to label, ascending; chosen, marked and weighted as choose_crops() does with crops.
/// @throws DomainError for an option out of range, doubts or pictures that are not as many as the
/// kept frames, doubts that are not finite, ConfigError for `change` without pictures
[[nodiscard]] std::vector<ChosenFrame> choose_frames(const WindowManifest& manifest,
                                                     const FrameChoiceOptions& options);

}  // namespace ekya
