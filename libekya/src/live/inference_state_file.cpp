#include "ekya/live/inference_state_file.hpp"

#include <utility>

#include "ekya/wire/state_records.hpp"

namespace ekya {

InferenceStateFile::InferenceStateFile(std::filesystem::path file, const std::string& stream,
                                       const Clock& clock, std::function<double()> wall_clock)
    : file_(std::move(file)), clock_(clock), wall_clock_(std::move(wall_clock)) {
    if (file_.empty()) return;
    if (auto before = read_state<InferenceState>(file_); before && before->stream == stream)
        state_ = std::move(*before);
    state_.stream = stream;
    state_.backlog = 0;
    state_.latency.reset();
}

void InferenceStateFile::answered(const FrameAnswer& answer, std::size_t backlog) {
    if (file_.empty()) return;
    ++state_.seen;
    state_.skipped += answer.behind ? 1 : 0;
    state_.window = answer.window;
    state_.backlog = static_cast<std::int64_t>(backlog);
    bool other_model = false;
    if (answer.analysed) {
        ++state_.analysed;
        state_.latency = answer.latency;
        other_model = std::exchange(state_.model, answer.model) != answer.model;
        if (other_model) state_.since = wall_clock_();
    }
    write(other_model);
}

void InferenceStateFile::closed(const WindowAccuracy& window) {
    if (file_.empty()) return;
    state_.lost += window.lost;
    write(true);
}

void InferenceStateFile::write(bool at_once) {
    const Seconds now = clock_.now();
    if (!pace_.is_due(now, at_once)) return;
    state_.seen_fps = seen_.update(state_.seen, now);
    state_.analysed_fps = analysed_.update(state_.analysed, now);
    state_.updated = wall_clock_();
    (void)write_state(file_, encode(state_));
}

}  // namespace ekya
