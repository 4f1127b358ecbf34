#include "ekya/live/inference_session.hpp"

#include <algorithm>
#include <utility>

#include "ekya/core/errors.hpp"

namespace ekya {

InferenceSession::InferenceSession(SessionOptions options, AnnotationsOf annotations, Analyse analyse, OnAnswer on_answer,
                                   OnWindow on_window)
    : options_(std::move(options)), annotations_(std::move(annotations)), analyse_(std::move(analyse)),
      on_answer_(std::move(on_answer)), on_window_(std::move(on_window)) {
    set_frame_stride(options_.frame_stride);
}

void InferenceSession::set_frame_stride(int stride) {
    require_in_range("frame_stride", stride, 1, 1e9);
    options_.frame_stride = stride;
}

void InferenceSession::arrived(FrameHeader header, FrameImage image, Seconds now) {
    // A restarted publisher repeats what was answered already, or still waits.
    const auto newest = std::find_if(waiting_.rbegin(), waiting_.rend(), [](const Waiting& w) { return !w.end; });
    if (header.frame <= (newest == waiting_.rend() ? last_frame_ : newest->header.frame)) return;
    waiting_.push_back({std::nullopt, std::move(header), std::move(image), now});
    ++waiting_frames_;
}

void InferenceSession::arrived(const WindowEnd& end) {
    waiting_.push_back({end, {}, {}, 0});
}

void InferenceSession::resume(std::vector<FrameAnswer> answers, bool finished) {
    for (auto& earlier : answers) {
        if (window_ != earlier.window) open(earlier.window, earlier.frame);
        last_frame_ = earlier.frame;
        answers_.answers.push_back(std::move(earlier));
    }
    if (finished && window_) open(*window_ + 1, last_frame_ + 1);
}

bool InferenceSession::next_needs_analysis() const {
    if (waiting_.empty() || waiting_.front().end) return false;
    return waiting_.front().header.frame % options_.frame_stride == 0 && waiting_frames_ <= options_.max_backlog;
}

void InferenceSession::step(const std::function<Seconds()>& clock) {
    if (waiting_.empty()) return;
    const bool analyse = next_needs_analysis();
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    if (next.end) return close(*next.end);
    --waiting_frames_;
    FrameAnswer result;
    result.stream = options_.stream;
    result.window = next.header.window;
    result.frame = next.header.frame;
    result.time = next.header.time;
    result.analysed = analyse;
    if (analyse) {
        auto analysis = analyse_(next.header, next.image);
        result.model = std::move(analysis.model);
        result.objects = std::move(analysis.objects);
        result.input_size = analysis.input_size;
    }
    result.latency = clock() - next.arrived;
    count(next.header.frame, result);
    answer(std::move(result));
}

void InferenceSession::count(std::int64_t frame, const FrameAnswer& result) {
    if (result.analysed) {
        ++counts_.analysed;
        counts_.latency = result.latency;
    } else if (frame % options_.frame_stride == 0) {
        ++counts_.skipped;
    }
}

void InferenceSession::answer(FrameAnswer result) {
    if (window_ != result.window) {
        if (window_) close_lost(*window_, result.frame);
        open(result.window, result.frame);
    }
    last_frame_ = result.frame;
    on_answer_(result);
    answers_.answers.push_back(std::move(result));
}

void InferenceSession::open(int window, std::int64_t first_frame) {
    std::optional<FrameAnswer> carried = std::move(answers_.carried);
    for (auto& earlier : answers_.answers)
        if (earlier.analysed) carried = std::move(earlier);
    answers_ = {first_frame, first_frame, {}, std::move(carried)};
    window_ = window;
}

void InferenceSession::close(const WindowEnd& end) {
    if (end.last) ended_ = true;
    // A repeated end (the publisher was restarted), or an end without any frame at all.
    if (window_ && end.window < *window_) return;
    // The end of the window before was lost, and every frame of this one.
    if (window_ && end.window > *window_) close_lost(*window_, end.first_frame);
    if (window_ != end.window) open(end.window, end.first_frame);
    answers_.first_frame = end.first_frame;
    answers_.end_frame = end.end_frame;
    WindowAccuracy accuracy = score_window(answers_, annotations_);
    accuracy.stream = options_.stream;
    accuracy.window = end.window;
    accuracy.complete = end.complete;
    accuracy.seconds = end.seconds;
    on_window_(std::move(accuracy));
    open(end.window + 1, end.end_frame);
    last_frame_ = std::max(last_frame_, end.end_frame - 1);
}

/// The end of a window was lost on the way. Without better knowledge it ends where the next frame begins.
void InferenceSession::close_lost(int window, std::int64_t next_frame) {
    if (answers_.answers.empty() && !bounds_) return;
    WindowEnd end{options_.stream, window, answers_.first_frame, next_frame, 0, false, false};
    if (bounds_)
        if (const auto known = bounds_(window)) end = *known;
    end.last = false;
    close(end);
}

void InferenceSession::finish() {
    while (!waiting_.empty()) step([arrived = waiting_.front().arrived] { return arrived; });   // no clock: no latency
    if (window_ && !answers_.answers.empty())
        close({options_.stream, *window_, answers_.first_frame, last_frame_ + 1, 0, false, true});
}

}  // namespace ekya
