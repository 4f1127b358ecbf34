#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ekya/core/serving.hpp"
#include "ekya/core/window.hpp"

namespace ekya {

/// The annotated objects of a frame, by its index; nothing to call = the stream has no annotations.
using AnnotationsOf = std::function<std::span<const Annotation>(std::int64_t frame)>;

/// Which boxes a frame that is not analysed has, where inference finds the objects.
enum class Carry {
    last,   ///< those of the last analysed frame, as in the paper
    track,  ///< those of its answer: the objects are followed to where they should be by now
};

/// @throws DomainError for a name that is not last or track
[[nodiscard]] Carry carry_from(const std::string& name);

/// What live inference left of one window.
struct WindowAnswers {
    std::int64_t first_frame = 0, end_frame = 0;  ///< the window's frames, [first, end)
    std::vector<FrameAnswer> answers;             ///< frames that reached inference, ascending
    /// The last frame before the window that was analysed; with Carry::track the last one that was
    /// answered.
    std::optional<FrameAnswer> carried;
};

/// Accuracy by the "live" protocol: every annotated object of every frame counts. In an analysed
/// frame an object has the class of the box that overlaps it most (IoU >= 0.3); in a skipped or
/// lost frame the last analysed frame's box with IoU >= 0.3 gives it; without such a box it counts
/// as wrong. Fills frames, seen, analysed, skipped, lost, objects, correct, accuracy, models and
/// latencies; the rest is left alone. Source: Bhardwaj et al., "Ekya", NSDI 2022, §3.1 and §6.1
/// (skipped frames count, results carry over).
[[nodiscard]] WindowAccuracy score_window(const WindowAnswers& window,
                                          const AnnotationsOf& annotations);

/// The same for inference that finds the objects: accuracy is F1 at IoU 0.3, from the sums of
/// answers, objects and matches (see match_boxes()) over all frames and classes. A frame that was
/// analysed has the boxes of its answer, a skipped one those that `carry` says, a lost one those of
/// the frame before it. Frames without annotated objects count: all that is answered there is
/// wrong. Fills `detection` too, with average precision at IoU 0.5 (see average_precision()).
/// Without annotations there is no accuracy and no `detection`; of a window without any object and
/// any answer no accuracy.
/// Source: Bhardwaj et al., "Ekya", NSDI 2022, §6.1 (F1 at IoU 0.3).
[[nodiscard]] WindowAccuracy score_detection_window(const WindowAnswers& window,
                                                    const AnnotationsOf& annotations, Carry carry);

/// The class that an answer gives to an object, or nullptr if no box of it overlaps enough.
[[nodiscard]] const ClassifiedObject* answer_for(const FrameAnswer& answer, const Box& box);

}  // namespace ekya
