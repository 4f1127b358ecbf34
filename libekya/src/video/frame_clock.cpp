#include "ekya/video/frame_clock.hpp"

#include <algorithm>
#include <cmath>

#include "ekya/core/limits.hpp"

namespace ekya {
namespace {

constexpr double grid_tolerance = 0.3;  // of an interval
constexpr Seconds least_step = 1e-3;    // of time that is held back
constexpr int off_grid_limit = 3;       // frames in a row; one may be a glitch

}  // namespace

FrameClock::FrameClock(double fps, bool constant_rate)
    : interval_(1 / fps),
      longest_step_(std::clamp(20 * interval_, 10.0, limits::leap_seconds)),
      by_timestamp_(constant_rate) {}

FrameClock::Place FrameClock::place(std::optional<Seconds> timestamp, Seconds latest) {
    if (timestamp && !std::isfinite(*timestamp)) timestamp.reset();
    leap_ = 0;
    Seconds time = time_of(timestamp);
    if (time > latest) {
        time = std::max(latest, started_ ? last_.time + least_step : 0);
        if (timestamp) offset_ = time - *timestamp;
    }
    const std::int64_t index = index_at(time);
    started_ = true;
    return last_ = {index, time, leap_};
}

void FrameClock::continue_at(Seconds time) {
    continue_at_ = std::max(time, started_ ? last_.time + interval_ : 0);
}

Seconds FrameClock::time_of(std::optional<Seconds> timestamp) {
    const Seconds next = started_ ? last_.time + interval_ : 0;
    if (continue_at_) {
        const Seconds time = *continue_at_;
        continue_at_.reset();
        leapt_.reset();
        offset_.reset();  // fitted again by the first timestamp, also if that is not this frame's
        if (timestamp) {
            offset_ = time - *timestamp;
        }
        return time;
    }
    if (!timestamp) {
        return next;
    }
    if (!offset_) {
        offset_ = next - *timestamp;
    }
    const Seconds time = *timestamp + *offset_;
    if (!started_) {
        return time > limits::leap_seconds ? go_on_from(*timestamp) : std::max(time, 0.0);
    }
    if (time > last_.time && time - last_.time <= longest_step_) {
        leapt_.reset();
        return time;
    }
    // Back in time, or far ahead. One such timestamp is a glitch; a second one that goes on from it
    // is the source's new time.
    if (!leapt_ || *timestamp <= *leapt_) {
        leapt_ = timestamp;
        return next;
    }
    if (time - last_.time > limits::leap_seconds) {
        leapt_.reset();
        return go_on_from(*timestamp);
    }
    if (time > last_.time) {
        longest_step_ = std::clamp(2 * (*timestamp - *leapt_), longest_step_, limits::leap_seconds);
    } else {
        offset_ = next - *timestamp;
    }
    leapt_.reset();
    return std::max(next, *timestamp + *offset_);
}

/// The timestamps have leapt to this one: time runs on from the frame before.
Seconds FrameClock::go_on_from(Seconds timestamp) {
    const Seconds next = started_ ? last_.time + interval_ : 0;
    leap_ = timestamp + *offset_ - next;
    offset_ = next - timestamp;
    return next;
}

std::int64_t FrameClock::index_at(Seconds time) {
    const std::int64_t next = last_.index + 1;
    if (!by_timestamp_) {
        return next;
    }
    const double position = time / interval_;
    const double nearest = std::round(position);
    off_grid_ = std::abs(position - nearest) > grid_tolerance ? off_grid_ + 1 : 0;
    if (off_grid_ >= off_grid_limit) {
        by_timestamp_ = false;
        return next;
    }
    return std::max(next, static_cast<std::int64_t>(nearest));
}

}  // namespace ekya
