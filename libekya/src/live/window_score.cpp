#include "ekya/live/window_score.hpp"

#include <algorithm>

#include "detection_tally.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr double least_overlap = 0.3;

/// Boxes that came from the annotations keep their order; two objects may share one box, so the
/// index decides first.
const ClassifiedObject* same_object(const FrameAnswer& answer, std::size_t index, const Box& box) {
    if (index < answer.objects.size() && answer.objects[index].box == box)
        return &answer.objects[index];
    return answer_for(answer, box);
}

Seconds quantile(std::vector<Seconds>& values, double q) {
    if (values.empty()) return 0;
    const auto nth = values.begin() +
                     static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1) + 0.5);
    std::nth_element(values.begin(), nth, values.end());
    return *nth;
}

/// Frames, models and latencies.
WindowAccuracy count_frames(const WindowAnswers& window) {
    WindowAccuracy result;
    std::vector<Seconds> latencies;
    for (const auto& answer : window.answers) {
        if (answer.behind) ++result.skipped;
        if (!answer.analysed) continue;
        ++result.analysed;
        latencies.push_back(answer.latency);
        if (result.models.empty() || result.models.back().model != answer.model)
            result.models.push_back({answer.model, answer.frame, answer.time});
    }
    result.frames = window.end_frame - window.first_frame;
    result.seen = static_cast<std::int64_t>(window.answers.size());
    result.lost = std::max<std::int64_t>(0, result.frames - result.seen);
    result.latency_p50 = quantile(latencies, 0.5);
    result.latency_p99 = quantile(latencies, 0.99);
    return result;
}

/// Calls visit(frame, answer) for each frame of the window with the answer that holds there, which
/// is nullptr before the first.
template <typename Visit>
void for_each_frame(const WindowAnswers& window, Carry carry, const Visit& visit) {
    const FrameAnswer* holds = window.carried ? &*window.carried : nullptr;
    auto next = window.answers.begin();
    for (std::int64_t frame = window.first_frame; frame < window.end_frame; ++frame) {
        for (; next != window.answers.end() && next->frame <= frame; ++next)
            if (next->analysed || carry == Carry::track) holds = &*next;
        visit(frame, holds);
    }
}

}  // namespace

Carry carry_from(const std::string& name) {
    if (name == "last") return Carry::last;
    if (name == "track") return Carry::track;
    throw DomainError("carry: \"" + name + "\" is not one of last, track");
}

const ClassifiedObject* answer_for(const FrameAnswer& answer, const Box& box) {
    const ClassifiedObject* best = nullptr;
    double most = least_overlap;
    for (const auto& object : answer.objects) {
        const double overlap = iou(object.box, box);
        if (overlap < most || (best && overlap == most)) continue;
        most = overlap;
        best = &object;
    }
    return best;
}

WindowAccuracy score_window(const WindowAnswers& window, const AnnotationsOf& annotations) {
    WindowAccuracy result = count_frames(window);
    if (!annotations) return result;
    for_each_frame(window, Carry::last, [&](std::int64_t frame, const FrameAnswer* last) {
        const auto objects = annotations(frame);
        for (std::size_t i = 0; i < objects.size(); ++i) {
            ++result.objects;
            if (!last) continue;
            const auto* answer = last->frame == frame ? same_object(*last, i, objects[i].box)
                                                      : answer_for(*last, objects[i].box);
            if (answer && answer->class_name == objects[i].class_name) ++result.correct;
        }
    });
    if (result.objects > 0)
        result.accuracy = static_cast<double>(result.correct) / static_cast<double>(result.objects);
    return result;
}

WindowAccuracy score_detection_window(const WindowAnswers& window, const AnnotationsOf& annotations,
                                      Carry carry) {
    WindowAccuracy result = count_frames(window);
    if (!annotations) return result;
    DetectionTally tally;
    for_each_frame(window, carry, [&](std::int64_t frame, const FrameAnswer* answer) {
        tally.add(answer ? std::span<const ClassifiedObject>(answer->objects)
                         : std::span<const ClassifiedObject>(),
                  annotations(frame));
    });
    const auto& counts = tally.counts();
    result.objects = counts.objects;
    result.correct = counts.matched;
    if (counts.objects > 0 || counts.answers > 0) result.accuracy = counts.f1();
    result.detection = tally.score();
    return result;
}

}  // namespace ekya
