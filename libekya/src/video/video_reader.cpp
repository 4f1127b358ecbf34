#include "video_reader.hpp"

#include <algorithm>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

constexpr Seconds clock_jump =
    10;  // a camera whose clock leaps further ahead than that of the wall was set

std::string size_text(int width, int height) {
    return std::to_string(width) + " x " + std::to_string(height);
}

}  // namespace

VideoReader::VideoReader(std::string source, const SourceKind& kind, FrameSourceOptions options)
    : source_(std::move(source)), kind_(kind), options_(std::move(options)) {
    with_context(without_secrets(source_), [&] { start(); });
}

void VideoReader::start() {
    input_ = std::make_unique<VideoInput>(source_, kind_, options_);
    const VideoInput::Event event = input_->read();
    if (event != VideoInput::Event::picture) {
        if (event == VideoInput::Event::cancelled) {
            throw InputError("cancelled while opening");
        }
        const std::string logged = ffmpeg::take_logged_error();
        throw InputError("no frame can be decoded: " + input_->reason() +
                         (logged.empty() ? "" : " (" + logged + ")"));
    }
    const StreamFacts& facts = input_->facts();
    live_ = facts.live;
    fps_ = facts.fps;
    if (facts.start && facts.end) length_ = *facts.end - *facts.start;
    clock_.emplace(facts.fps, facts.constant_rate);
    if (facts.start && input_->damaged() > 0 && facts.constant_rate) {
        clock_->set_origin(*facts.start);  // the frames lost before this one keep their numbers
    }
    if (live_) {
        if (options_.live_since > 0)
            options_.live_start += std::max(run_time() - options_.live_since, 0.0);
        clock_->continue_at(options_.live_start);
    }
    width_ = seen_width_ = input_->picture().width;
    height_ = seen_height_ = input_->picture().height;
    first_frame_ = last_frame_ = WallClock::now();
    pending_ = true;
}

bool VideoReader::next(Frame& frame) {
    if (ended_ || cancelled() || !(std::exchange(pending_, false) || advance())) {
        return false;
    }
    const std::optional<Seconds> timestamp = input_->timestamp();
    if (live_) {
        follow_clock_jump(timestamp);
    }
    const FrameClock::Place place = place_of(timestamp);
    frame.index = place.index;
    frame.time = place.time;
    if (place.index > last_index_ + 1) {
        note_hole(place.index - last_index_ - 1, place.time);
    }
    last_index_ = place.index;
    last_damaged_ = damaged();
    last_timestamp_ = timestamp;
    last_frame_ = WallClock::now();
    note_size();
    frame.set_image(width_, height_, [this](FrameImage& image) {
        with_context(without_secrets(source_),
                     [&] { converter_.convert(input_->picture(), width_, height_, image); });
    });
    return true;
}

/// Where the frame is in the stream. A live source's time does not run away from the clock's,
/// whatever its timestamps say.
FrameClock::Place VideoReader::place_of(std::optional<Seconds> timestamp) {
    if (!live_) {
        const auto place = clock_->place(timestamp);
        if (place.leap > 0)
            note_gap(place.time, "the timestamps leap ahead by " + in_seconds(place.leap) +
                                     "; time runs on from the frame before");
        return place;
    }
    const Seconds latest = time_of_wall() + limits::ahead_seconds;
    const auto place = clock_->place(timestamp, latest);
    if (place.time >= latest && !std::exchange(ahead_, true))
        note_gap(place.time, "the source is " + in_seconds(limits::ahead_seconds) +
                                 " ahead of the clock; its frames are held back to that");
    if (place.time < latest - limits::ahead_seconds / 2) ahead_ = false;
    return place;
}

/// Decodes the next picture, reconnecting where that is allowed.
bool VideoReader::advance() {
    const VideoInput::Event event = input_->read();
    return event == VideoInput::Event::picture || recover(event);
}

bool VideoReader::recover(VideoInput::Event event) {
    if (event == VideoInput::Event::cancelled) {
        return false;
    }
    if (input_->refused()) {
        note_gap(clock_->time(), input_->reason());
        failure_ = without_secrets(source_) + ": " + input_->reason();
    } else if (!live_) {
        note_end(event);
    } else if (reconnect(input_->reason(), event == VideoInput::Event::end)) {
        return true;
    }
    ended_ = !cancelled();
    return false;
}

/// Why a source that is not live gave no more frames, unless it is simply over.
void VideoReader::note_end(VideoInput::Event event) {
    const Seconds missing = input_->missing_at_end();
    if (event != VideoInput::Event::end) {
        ++damaged_before_;
        note_gap(clock_->time(), "reading ended early: " + input_->reason());
    } else if (missing > 0) {
        damaged_before_ += input_->ended_in_damage() ? 0 : 1;
        note_gap(clock_->time(), "the source ends here, " + in_seconds(missing) +
                                     " before the end its header promises");
    } else if (input_->ended_in_damage()) {
        note_gap(clock_->time(), "the source is cut off after this frame");
    }
}

/// A camera that sets its clock (from 1970, by NTP) must not carry the stream into another window.
void VideoReader::follow_clock_jump(std::optional<Seconds> timestamp) {
    if (!timestamp || !last_timestamp_) {
        return;
    }
    const Seconds waited = seconds_since(last_frame_);
    const Seconds jump = *timestamp - *last_timestamp_;
    if (jump > waited + clock_jump) {
        note_gap(clock_->time(), "the source's clock leapt ahead by " + in_seconds(jump));
        clock_->continue_at(clock_->time() + waited);
    }
}

/// Some containers skip damage without a word; the hole it leaves in the numbering shows it.
void VideoReader::note_hole(std::int64_t frames, Seconds time) {
    if (damaged() == last_damaged_) {
        ++damaged_before_;
    }
    note_gap(time, std::to_string(frames) + (frames == 1 ? " frame is" : " frames are") +
                       " missing before this one");
}

void VideoReader::note_size() {
    const AVFrame& picture = input_->picture();
    if (picture.width != seen_width_ || picture.height != seen_height_) {
        seen_width_ = picture.width;
        seen_height_ = picture.height;
        note_gap(clock_->time(), "frames of " + size_text(seen_width_, seen_height_) +
                                     " from here on, scaled to " + size_text(width_, height_));
    }
}

Seconds VideoReader::time_of_wall() const {
    return options_.live_start + seconds_since(first_frame_);
}

}  // namespace ekya
