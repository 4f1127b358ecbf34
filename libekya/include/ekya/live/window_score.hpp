#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "ekya/core/serving.hpp"
#include "ekya/core/window.hpp"

namespace ekya {

/// The annotated objects of a frame, by its index.
using AnnotationsOf = std::function<std::span<const Annotation>(std::int64_t frame)>;

/// What live inference left of one window.
struct WindowAnswers {
    std::int64_t first_frame = 0, end_frame = 0;  ///< the window's frames, [first, end)
    std::vector<FrameAnswer> answers;             ///< frames that reached inference, ascending
    std::optional<FrameAnswer> carried;           ///< the last analysed frame before the window
};

/// Accuracy by the "live" protocol: every annotated object of every frame counts. In an analysed
/// frame an object has the class of the box that overlaps it most (IoU >= 0.3); in a skipped or
/// lost frame the last analysed frame's box with IoU >= 0.3 gives it; without such a box it counts
/// as wrong. Fills frames, seen, analysed, skipped, lost, objects, correct, accuracy, models and
/// latencies; the rest is left alone. Source: Bhardwaj et al., "Ekya", NSDI 2022, §3.1 and §6.1
/// (skipped frames count, results carry over).
[[nodiscard]] WindowAccuracy score_window(const WindowAnswers& window,
                                          const AnnotationsOf& annotations);

/// The class that an answer gives to an object, or nullptr if no box of it overlaps enough.
[[nodiscard]] const ClassifiedObject* answer_for(const FrameAnswer& answer, const Box& box);

}  // namespace ekya
