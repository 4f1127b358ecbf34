#include "ekya/live/inference_session.hpp"

#include <algorithm>
#include <utility>

#include "ekya/core/box.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

std::string name_of(const FrameHeader& header) { return "frame " + std::to_string(header.frame); }
std::string name_of(const WindowEnd& end) { return "end of window " + std::to_string(end.window); }

/// What makes sense whatever came before.
template <typename Message> void check(const Message& message, const std::string& stream) {
    if (message.stream != stream)
        throw InputError(name_of(message) + ": is of stream " +
                         printable(message.stream, limits::quoted_bytes));
    if (message.window < 0 || message.window > limits::window)
        throw InputError(name_of(message) + ": /window: " + std::to_string(message.window) +
                         " is not in [0, " + std::to_string(limits::window) + "]");
}

void check_frame(const FrameHeader& header, const std::string& stream) {
    check(header, stream);
    if (header.frame < 0 || header.frame > limits::frame)
        throw InputError(name_of(header) + ": /frame: is not in [0, " +
                         std::to_string(limits::frame) + "]");
    const std::string size =
        std::to_string(header.width) + " x " + std::to_string(header.height) + " pixels";
    if (header.width < 1 || header.height < 1 || header.width > limits::side_pixels ||
        header.height > limits::side_pixels)
        throw InputError(name_of(header) + ": " + size + " are not between 1 x 1 and " +
                         std::to_string(limits::side_pixels) + " x " +
                         std::to_string(limits::side_pixels));
    if (header.boxes.size() > limits::frame_boxes)
        throw InputError(name_of(header) + ": " + std::to_string(header.boxes.size()) +
                         " boxes are more than " + std::to_string(limits::frame_boxes));
    for (const auto& box : header.boxes)
        if (!(clip(box, header.width, header.height).area() > 0))
            throw InputError(name_of(header) + ": a box lies outside the " + size +
                             ", or has no area");
}

void check_end(const WindowEnd& end, const std::string& stream) {
    check(end, stream);
    if (end.first_frame < 0 || end.end_frame < end.first_frame || end.end_frame > limits::frame ||
        end.end_frame - end.first_frame > limits::window_frames)
        throw InputError(name_of(end) + ": frames " + std::to_string(end.first_frame) + " to " +
                         std::to_string(end.end_frame) + " are no window of at most " +
                         std::to_string(limits::window_frames));
}

}  // namespace

InferenceSession::InferenceSession(SessionOptions options, AnnotationsOf annotations,
                                   Analyse analyse, OnAnswer on_answer, OnWindow on_window)
    : options_(std::move(options)),
      annotations_(std::move(annotations)),
      analyse_(std::move(analyse)),
      on_answer_(std::move(on_answer)),
      on_window_(std::move(on_window)) {
    set_frame_stride(options_.frame_stride);
}

void InferenceSession::set_frame_stride(int stride) {
    require_in_range("frame_stride", stride, 1, limits::frame_stride);
    options_.frame_stride = stride;
}

std::optional<InferenceSession::Position> InferenceSession::newest() const {
    const auto waits =
        std::find_if(waiting_.rbegin(), waiting_.rend(), [](const Waiting& w) { return !w.end; });
    if (waits != waiting_.rend()) return Position{waits->header.frame, waits->header.window};
    if (last_frame_ < 0) return std::nullopt;
    return Position{last_frame_, window_.value_or(0)};
}

/// Whether a frame follows what came before without a leap, or follows a leap.
bool InferenceSession::continues(const FrameHeader& header) {
    const auto from = [&](const Position& before) {
        return header.frame <= before.frame + limits::frame_leap &&
               header.window <= before.window + limits::window_leap;
    };
    if (from(newest().value_or(Position{-1, header.window}))) {
        leap_.reset();
        return true;
    }
    const bool follows_leap =
        leap_ && header.frame > leap_->frame && header.window >= leap_->window && from(*leap_);
    leap_ = {header.frame, header.window};
    return follows_leap;
}

void InferenceSession::arrived(FrameHeader header, FrameImage image, Seconds now) {
    check_frame(header, options_.stream);
    // A restarted publisher repeats what was answered already, or still waits; in a newer window it
    // may count anew.
    const auto before = newest();
    const auto last = before ? before->frame : -1;
    const int window = before ? before->window : window_.value_or(header.window);
    if (header.frame <= last && header.window <= window) return;
    if (!continues(header))
        throw InputError(name_of(header) + ": window " + std::to_string(header.window) +
                         ": leaps far beyond frame " + std::to_string(last) +
                         "; it is believed when the next one continues it");
    if (header.frame <= last) skip_before_ = 0;  // which was a frame of the old count
    waiting_.push_back({std::nullopt, std::move(header), std::move(image), now});
    ++waiting_frames_;
}

void InferenceSession::arrived(const WindowEnd& end) {
    check_end(end, options_.stream);
    const auto before = newest();
    const int window = before ? before->window : window_.value_or(0);
    if (end.window > window + limits::window_leap && !(bounds_ && bounds_(end.window)))
        throw InputError(name_of(end) + ": leaps far beyond window " + std::to_string(window) +
                         ", and the store has no such window");
    waiting_.push_back({end, {}, {}, 0});
}

void InferenceSession::resume(std::vector<FrameAnswer> answers, bool finished) {
    for (auto& earlier : answers) {
        if (window_ != earlier.window) open(earlier.window, earlier.frame);
        last_frame_ = earlier.frame;
        if (options_.finds_objects && earlier.analysed)
            earlier.objects = tracker_.update(earlier.time, std::move(earlier.objects));
        answers_.answers.push_back(std::move(earlier));
    }
    if (finished && window_) open(*window_ + 1, last_frame_ + 1);
}

/// The newest waiting frame whose turn it is; -1 without one.
std::int64_t InferenceSession::newest_due() const {
    for (auto w = waiting_.rbegin(); w != waiting_.rend(); ++w)
        if (!w->end && is_turn_of(w->header.frame)) return w->header.frame;
    return -1;
}

bool InferenceSession::next_needs_analysis(Seconds start) const {
    if (waiting_.empty() || waiting_.front().end) return false;
    const Waiting& next = waiting_.front();
    if (!is_turn_of(next.header.frame) || waiting_frames_ > options_.max_backlog ||
        next.header.frame < skip_before_)
        return false;
    if (options_.max_latency <= 0) return true;
    // Where an analysis alone takes longer than is allowed, the newest frame is analysed all the
    // same: late is better than never.
    const bool alone_too_long =
        analysis_ > options_.max_latency && next.header.frame == newest_due();
    return start - next.arrived + (alone_too_long ? 0 : analysis_) <= options_.max_latency;
}

/// One late frame says that inference is behind: what is older than the newest frame would be late
/// as well, or soon.
void InferenceSession::skip_what_is_late(Seconds start) {
    if (options_.max_latency <= 0 || waiting_.front().end ||
        !is_turn_of(waiting_.front().header.frame))
        return;
    if (start - waiting_.front().arrived + analysis_ > options_.max_latency)
        skip_before_ = std::max(skip_before_, newest_due());
}

std::optional<InferenceSession::Due> InferenceSession::due(Seconds start) const {
    if (!next_needs_analysis(start)) return std::nullopt;
    return Due{&waiting_.front().header, &waiting_.front().image};
}

FrameAnswer InferenceSession::answer_for_next() const {
    const FrameHeader& header = waiting_.front().header;
    FrameAnswer result;
    result.stream = options_.stream;
    result.window = header.window;
    result.frame = header.frame;
    result.time = header.time;
    return result;
}

void InferenceSession::note_duration(Seconds took) {
    constexpr double weight = 0.2;  // of the newest
    analysis_ += (counts_.analysed == 0 ? 1 : weight) * (took - analysis_);
    ++counts_.analysed;
}

/// Boxes of frames of another size mean other places.
void InferenceSession::notice_size(const FrameHeader& header) {
    const bool other = width_ > 0 && (header.width != width_ || header.height != height_);
    if (other) tracker_.end_all();
    width_ = header.width;
    height_ = header.height;
}

void InferenceSession::answer_due(Analysis analysis, Seconds took,
                                  const std::function<Seconds()>& clock) {
    FrameAnswer result = answer_for_next();
    result.analysed = true;
    result.model = std::move(analysis.model);
    result.objects = std::move(analysis.objects);
    if (options_.finds_objects) {
        notice_size(waiting_.front().header);
        result.objects = tracker_.update(result.time, std::move(result.objects));
    }
    result.input_size = analysis.input_size;
    result.latency = clock() - waiting_.front().arrived;
    note_duration(took);
    counts_.latency = result.latency;
    waiting_.pop_front();
    --waiting_frames_;
    answer(std::move(result));
}

void InferenceSession::step(const std::function<Seconds()>& clock, Seconds wait) {
    if (waiting_.empty()) return;
    const Seconds start = clock() + wait;
    skip_what_is_late(start);
    if (const auto frame = due(start)) {
        if (wait > 0) return;
        auto analysis = analyse_(*frame->header, *frame->image);
        return answer_due(std::move(analysis), clock() - start, clock);
    }
    if (const auto end = waiting_.front().end) {
        waiting_.pop_front();
        return close(*end);
    }
    pass_over_next(clock);
}

void InferenceSession::skip_due(const std::function<Seconds()>& clock) { pass_over_next(clock); }

void InferenceSession::pass_over_next(const std::function<Seconds()>& clock) {
    FrameAnswer result = answer_for_next();
    result.behind = is_turn_of(result.frame);
    if (result.behind) ++counts_.skipped;
    // With nothing analysed nothing is measured: each frame passed over makes the next one likelier
    // to be tried.
    if (result.behind && waiting_frames_ == 1) analysis_ *= 0.9;
    if (follows()) {
        notice_size(waiting_.front().header);
        result.objects = tracker_.predicted(result.time, width_, height_);
    }
    result.latency = clock() - waiting_.front().arrived;
    waiting_.pop_front();
    --waiting_frames_;
    answer(std::move(result));
}

void InferenceSession::answer(FrameAnswer result) {
    if (window_ != result.window) {
        if (window_) close_lost(*window_, result.frame);
        open(result.window, result.frame);
    }
    last_frame_ = result.frame;
    result.utc = utc_text(options_.wall_clock() - result.latency);
    on_answer_(result);
    answers_.answers.push_back(std::move(result));
}

void InferenceSession::open(int window, std::int64_t first_frame) {
    std::optional<FrameAnswer> carried = std::move(answers_.carried);
    for (auto& earlier : answers_.answers)
        if (earlier.analysed || follows()) carried = std::move(earlier);
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
    // A publisher that was started again within the window has counted its own frames alone.
    answers_.first_frame = std::min(answers_.first_frame, end.first_frame);
    answers_.end_frame = end.end_frame;
    WindowAccuracy accuracy = options_.finds_objects
                                  ? score_detection_window(answers_, annotations_, options_.carry)
                                  : score_window(answers_, annotations_);
    accuracy.stream = options_.stream;
    accuracy.window = end.window;
    accuracy.complete = end.complete;
    accuracy.seconds = end.seconds;
    accuracy.utc =
        answers_.answers.empty() ? utc_text(options_.wall_clock()) : answers_.answers.front().utc;
    on_window_(std::move(accuracy));
    open(end.window + 1, end.end_frame);
    // Frames behind an end that leaps ahead are not taken for repeated ones.
    if (end.end_frame - 1 <= last_frame_ + limits::frame_leap)
        last_frame_ = std::max(last_frame_, end.end_frame - 1);
}

/// The end of a window was lost on the way. Without better knowledge it ends where the next frame
/// begins.
void InferenceSession::close_lost(int window, std::int64_t next_frame) {
    if (answers_.answers.empty() && !bounds_) return;
    const auto behind = std::max(next_frame, last_frame_ + 1);
    WindowEnd end{options_.stream, window, answers_.first_frame, behind, 0, false, false};
    if (bounds_)
        if (const auto known = bounds_(window)) end = *known;
    end.last = false;
    close(end);
}

void InferenceSession::finish() {
    while (!waiting_.empty())
        step([arrived = waiting_.front().arrived] { return arrived; });  // no clock: no latency
    if (window_ && !answers_.answers.empty())
        close({options_.stream, *window_, answers_.first_frame, last_frame_ + 1, 0, false, true});
}

}  // namespace ekya
