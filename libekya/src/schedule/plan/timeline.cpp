#include "ekya/schedule/plan/timeline.hpp"

#include <algorithm>
#include <limits>

namespace ekya {

Timeline::Timeline(std::size_t streams, Seconds horizon, double max_job_share)
    : lanes_(streams), horizon_(horizon), max_job_share_(max_job_share) {}

void Timeline::hold(std::size_t v, PlanStep step) {
    Lane& lane = lanes_[v];
    step.start = now_;
    lane.share = std::min(step.retraining_share, max_job_share_);
    if (!lane.steps.empty() && lane.steps.back().start == now_)
        lane.steps.back() = step;
    else
        lane.steps.push_back(step);
}

void Timeline::begin(std::size_t v, double device_seconds) { lanes_[v].left = device_seconds; }

Seconds Timeline::end_of(std::size_t v) const {
    constexpr Seconds never = std::numeric_limits<Seconds>::infinity();
    const Lane& lane = lanes_[v];
    if (lane.left <= 0 || lane.share <= 0) return never;
    const Seconds end = now_ + lane.left / lane.share;
    return end <= horizon_ + tolerance() ? end : never;
}

Seconds Timeline::next_end() const {
    Seconds next = std::numeric_limits<Seconds>::infinity();
    for (std::size_t v = 0; v < lanes_.size(); ++v) next = std::min(next, end_of(v));
    return next;
}

const std::vector<std::size_t>& Timeline::advance(Seconds until) {
    ended_.clear();
    const Seconds next = std::min(next_end(), until);
    for (std::size_t v = 0; v < lanes_.size(); ++v)
        if (end_of(v) <= next + tolerance()) ended_.push_back(v);
    for (Lane& lane : lanes_) lane.left = std::max(lane.left - lane.share * (next - now_), 0.0);
    for (const std::size_t v : ended_) lanes_[v].left = 0;
    now_ = next;
    return ended_;
}

}  // namespace ekya
