#include "ekya/video/window_builder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
#include "ekya/video/crops.hpp"
#include "ekya/video/image_files.hpp"
#include "ekya/video/window_cutter.hpp"

namespace ekya {
namespace {

std::string frame_name(std::int64_t frame, const std::string& format) {
    char text[48];
    std::snprintf(text, sizeof text, "frame-%07lld.%s", static_cast<long long>(frame),
                  format.c_str());
    return text;
}

}  // namespace

WindowBuilder::WindowBuilder(WindowBuilderOptions options, double fps, OnWindow on_window)
    : options_(std::move(options)), fps_(fps), on_window_(std::move(on_window)) {
    require_in_range("sample_every", options_.sample_every, 1, 1e9);
    if (options_.task == "detection") {
        if (options_.keep_frames.empty())
            throw DomainError("keep_frames: detection learns from frames, so they must be kept");
        options_.crop_size = 0;
    } else {
        require_in_range("crop_size", options_.crop_size, 8, 1024);
    }
}

int WindowBuilder::window_of_frame(const Frame& frame) const {
    const int window = window_of(frame.time, options_.window);
    return window < options_.first_window ? -1 : window;
}

void WindowBuilder::open(int window, std::int64_t first_frame) {
    current_ = {};
    WindowManifest& manifest = current_.manifest;
    manifest.stream = options_.stream;
    manifest.window = window;
    manifest.start = window * options_.window;
    manifest.end = manifest.start + options_.window;
    manifest.utc = utc_text(options_.wall_clock());
    manifest.task = options_.task;
    manifest.crop_size = options_.crop_size;
    if (options_.crop_size > 0) manifest.crop_margin = options_.crop_margin;
    manifest.objects_from = options_.objects_from;
    manifest.first_frame = first_frame;
    manifest.width = width_;
    manifest.height = height_;
    current_.crops.size = options_.crop_size;
    open_ = true;
}

/// Windows are directories: time stamps alone must not fill a disk with them.
void WindowBuilder::check_empty(int window) {
    const int left_out = std::max(window - current_.manifest.window - 1, 0);
    if (left_out > limits::empty_windows + filled_ - empty_)
        throw InputError("too many windows of " + to_text(options_.window) + " s have no frame: " +
                         std::to_string(empty_) + " of " + std::to_string(empty_ + filled_) +
                         ", and the next frame leaves out " + std::to_string(left_out) + " more");
    empty_ += left_out;
}

void WindowBuilder::add(const Frame& frame, const std::vector<Box>& boxes) {
    const int window = window_of(frame.time, options_.window);
    if (!open_) open(window, window == 0 ? 0 : frame.index);
    check_empty(window);
    while (current_.manifest.window < window) {
        close(frame.index, options_.window, true, false);
        open(current_.manifest.window + 1, frame.index);
    }
    WindowManifest& manifest = current_.manifest;
    manifest.width = width_ = frame.width;
    manifest.height = height_ = frame.height;
    FrameObjects entry{frame.index, frame.time, "", {}};
    const bool sampled = (frame.index - manifest.first_frame) % options_.sample_every == 0;
    const bool with_crops = sampled && options_.crop_size > 0;
    for (std::size_t i = 0; i < boxes.size(); ++i)
        entry.objects.push_back(
            {boxes[i], with_crops ? static_cast<int>(current_.crops.count() + i) : -1});
    if (with_crops)
        append_crops(frame.image(), boxes, options_.crop_size, current_.crops,
                     options_.crop_margin);
    if (sampled && !options_.keep_frames.empty()) {
        entry.image = frame_name(frame.index, options_.keep_frames);
        current_.frames.push_back({entry.image, encode_image(frame.image(), options_.keep_frames)});
    }
    filled_ += manifest.frames.empty() ? 1 : 0;
    manifest.frames.push_back(std::move(entry));
    last_frame_ = frame.index;
    last_time_ = frame.time;
}

void WindowBuilder::note(int damaged_packets, std::vector<std::string> gaps) {
    current_.manifest.damaged_packets += damaged_packets;
    for (auto& gap : gaps) gaps_.add(std::move(gap));
}

void WindowBuilder::pass(Seconds time, const std::string& gap) {
    if (!open_) return;
    for (const int window = window_of(time, options_.window); current_.manifest.window < window;) {
        note(0, {gap});
        close(last_frame_ + 1, options_.window, true, false);
        open(current_.manifest.window + 1, last_frame_ + 1);
    }
}

void WindowBuilder::close(std::int64_t end_frame, Seconds seconds, bool complete, bool last) {
    current_.manifest.gaps = gaps_.take();
    current_.manifest.end_frame = end_frame;
    current_.manifest.complete = complete;
    current_.manifest.last = last;
    current_.manifest.crops = static_cast<int>(current_.crops.count());
    current_.seconds = seconds;
    on_window_(current_);
}

void WindowBuilder::finish(bool source_ended) {
    if (!open_) return;
    const Seconds covered =
        source_ended
            ? std::clamp(last_time_ + 1 / fps_ - current_.manifest.start, 0.0, options_.window)
            : options_.window;
    close(last_frame_ + 1, covered, covered >= options_.window - window_tolerance, source_ended);
    open_ = false;
}

std::int64_t frame_number(const std::vector<WindowManifest>& before, Seconds time, double fps) {
    if (before.empty()) return std::llround(time * fps);
    double rate = 0;
    for (const auto& window : before)
        if (window.end > window.start)
            rate = std::max(rate, static_cast<double>(window.end_frame - window.first_frame) /
                                      (window.end - window.start));
    const auto& last = before.back();
    const double missing = std::ceil(std::max(time - last.end, 0.0) * rate);
    return last.end_frame + std::llround(std::min(missing, static_cast<double>(limits::frame)));
}

}  // namespace ekya
