#include "timeline.hpp"

#include <algorithm>

namespace ekya {
namespace {

constexpr Seconds never = 9999999;  // the published INFINITY
constexpr Seconds latest =
    1e15;  // ours: a tiny share must not make an end infinite, or what follows it NaN

/// When a retraining ends if its last share continues for ever.
Seconds completion(const ReferenceTimeline& timeline, std::size_t v, double gpu_seconds) {
    const std::size_t last = timeline.size() - 1;
    for (std::size_t row = 0; row < last; ++row) {
        const double share = timeline.retraining_of(row, v);
        if (share == 0) continue;
        const Seconds lasts = timeline.starts[row + 1] - timeline.starts[row];
        if (gpu_seconds / share < lasts) return timeline.starts[row] + gpu_seconds / share;
        gpu_seconds -= lasts * share;
    }
    const double share = timeline.retraining_of(last, v);
    return share == 0 ? never : std::min(timeline.starts[last] + gpu_seconds / share, latest);
}

}  // namespace

void ReferenceTimeline::restart(std::size_t camera_count) {
    cameras = camera_count;
    starts.assign(1, 0);
    inference.assign(camera_count, 0);
    retraining.assign(camera_count, 0);
}

std::size_t ReferenceTimeline::insert(Seconds start) {
    const auto place = std::lower_bound(starts.begin(), starts.end(), start);
    const auto row = static_cast<std::size_t>(place - starts.begin());
    const auto offset = static_cast<std::ptrdiff_t>(row * cameras);
    if (place != starts.end() && *place == start) {
        std::fill_n(inference.begin() + offset, cameras, 0.0);
        std::fill_n(retraining.begin() + offset, cameras, 0.0);
        return row;
    }
    starts.insert(place, start);
    inference.insert(inference.begin() + offset, cameras, 0.0);
    retraining.insert(retraining.begin() + offset, cameras, 0.0);
    return row;
}

std::size_t ReferenceSimulator::next_to_end(const std::vector<ReferenceCamera>& cameras,
                                            const ReferenceTimeline& timeline,
                                            Seconds& when) const {
    std::size_t first = 0;
    for (std::size_t i = 0; i < running_.size(); ++i) {
        const Seconds ends =
            completion(timeline, running_[i], cameras[running_[i]].retraining->device_seconds);
        if (i > 0 && ends >= when) continue;
        when = ends;
        first = i;
    }
    return first;
}

/// Shares continue from the last row by time, even where rounding puts the new one before it.
void ReferenceSimulator::release(ReferenceTimeline& timeline, std::size_t ended, Seconds when) {
    const std::size_t count = timeline.cameras, last = (timeline.size() - 1) * count;
    const auto from = static_cast<std::ptrdiff_t>(last);
    last_inference_.assign(timeline.inference.begin() + from, timeline.inference.end());
    last_retraining_.assign(timeline.retraining.begin() + from, timeline.retraining.end());
    const double each = last_retraining_[ended] / static_cast<double>(running_.size() + count);
    const std::size_t row = timeline.insert(when);
    for (const std::size_t v : running_)
        timeline.retraining_of(row, v) = last_retraining_[v] + each;
    for (std::size_t v = 0; v < count; ++v)
        timeline.inference_of(row, v) = last_inference_[v] + each;
}

void ReferenceSimulator::redistribute(const std::vector<ReferenceCamera>& cameras,
                                      ReferenceTimeline& timeline) {
    running_.clear();
    for (std::size_t v = 0; v < cameras.size(); ++v)
        if (cameras[v].retraining && timeline.retraining_of(0, v) != 0) running_.push_back(v);
    while (!running_.empty()) {
        Seconds when = 0;
        const std::size_t next = next_to_end(cameras, timeline, when);
        const std::size_t ended = running_[next];
        running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(next));
        release(timeline, ended, when);
    }
}

/// Progress is added as published, the first second and then the others: P >= W is decided by the
/// same rounding. The new model serves from the next block on.
void ReferenceSimulator::add_block(const std::vector<ReferenceCamera>& cameras,
                                   const ReferenceTimeline& timeline,
                                   const WholeSecondBlock& block) {
    for (std::size_t v = 0; v < cameras.size(); ++v)
        values_[v] = progress_[v].model_accuracy * progress_[v].relative_accuracy;
    for (int second = 0; second < block.length; ++second)
        for (std::size_t v = 0; v < cameras.size(); ++v) sums_[v] += values_[v];
    for (std::size_t v = 0; v < cameras.size(); ++v) {
        Progress& progress = progress_[v];
        if (!cameras[v].retraining || progress.done) continue;
        const double share = timeline.retraining_of(block.step, v),
                     needed = cameras[v].retraining->device_seconds;
        progress.gpu_seconds += share;
        if (progress.gpu_seconds < needed) progress.gpu_seconds += (block.length - 1) * share;
        if (progress.gpu_seconds < needed) continue;
        progress.done = true;
        progress.model_accuracy = cameras[v].retraining->accuracy;
    }
}

double ReferenceSimulator::score(const std::vector<ReferenceCamera>& cameras,
                                 const ReferenceTimeline& timeline, int horizon) {
    const std::size_t count = cameras.size();
    whole_second_blocks(timeline.starts, horizon, blocks_);
    values_.resize(count);
    sums_.assign(count, 0);
    progress_.assign(count, {});
    for (std::size_t v = 0; v < count; ++v) progress_[v].model_accuracy = cameras[v].accuracy;
    std::size_t row = timeline.size();
    for (const auto& block : blocks_) {
        for (std::size_t v = 0; v < count && row != block.step; ++v)
            progress_[v].relative_accuracy =
                cameras[v].curve->relative_accuracy(timeline.inference_of(block.step, v));
        row = block.step;
        add_block(cameras, timeline, block);
    }
    double total = 0;
    for (double& sum : sums_) {
        sum /= horizon + 1;
        total += sum;
    }
    return total / static_cast<double>(count);
}

}  // namespace ekya
