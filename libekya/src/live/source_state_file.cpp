#include "ekya/live/source_state_file.hpp"

#include <algorithm>
#include <utility>

#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
#include "ekya/wire/state_records.hpp"

namespace ekya {

using State = SourceState::State;

SourceStateFile::SourceStateFile(std::filesystem::path file, const std::string& stream,
                                 const Clock& clock, std::function<double()> wall_clock)
    : file_(std::move(file)), clock_(clock), wall_clock_(std::move(wall_clock)) {
    if (file_.empty()) return;
    if (const auto before = read_state<SourceState>(file_); before && before->stream == stream) {
        state_.frames = before->frames;
        state_.damaged = damaged_before_ = before->damaged;
        state_.losses = before->losses;
        state_.window = before->window;
    }
    state_.stream = stream;
    state_.since = wall_clock_();
    write(true);
}

void SourceStateFile::frame(int window, std::int64_t damaged) {
    if (file_.empty()) return;
    ++state_.frames;
    state_.damaged = damaged_before_ + damaged;
    state_.window = window;
    if (state_.state != State::live) return enter(State::live, "");
    write(false);
}

void SourceStateFile::away(const std::string& why) {
    if (file_.empty()) return;
    if (state_.state != State::away) {
        ++state_.losses;
        return enter(State::away, why);
    }
    write(false);
}

void SourceStateFile::ended(const std::string& why) { enter(State::ended, why); }

void SourceStateFile::failed(const std::string& why) { enter(State::failed, why); }

void SourceStateFile::enter(State state, const std::string& why) {
    state_.state = state;
    state_.since = wall_clock_();
    state_.reason = printable(without_secrets(why), limits::quoted_bytes);
    write(true);
}

void SourceStateFile::write(bool at_once) {
    const Seconds now = clock_.now();
    if (file_.empty() || !pace_.is_due(now, at_once)) return;
    const double fps = fps_.update(state_.frames, now);
    state_.fps = state_.state == State::live ? fps : 0;
    state_.updated = wall_clock_();
    (void)write_state(file_, encode(state_));
}

}  // namespace ekya
