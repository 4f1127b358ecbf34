// A decoded stream as frames: numbering, time, and reconnecting if it is live.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>

#include "ekya/video/frame_clock.hpp"
#include "picture_converter.hpp"
#include "reader.hpp"
#include "source_kind.hpp"
#include "video_input.hpp"

namespace ekya {

class VideoReader : public FrameSource::Reader {
public:
    VideoReader(std::string source, const SourceKind& kind, FrameSourceOptions options);
    bool next(Frame& frame) override;
    [[nodiscard]] std::int64_t damaged() const override {
        return damaged_before_ + (input_ ? input_->damaged() : 0);
    }
    [[nodiscard]] std::string decoder() const override { return input_ ? input_->decoder() : ""; }
    [[nodiscard]] bool is_live() const override { return live_; }
    [[nodiscard]] std::optional<Seconds> length() const override { return length_; }
    [[nodiscard]] std::string failure() const override { return failure_; }

private:
    using WallClock = std::chrono::steady_clock;
    static Seconds seconds_since(WallClock::time_point time) {
        return std::chrono::duration<double>(WallClock::now() - time).count();
    }

    void start();
    bool advance();
    bool recover(VideoInput::Event event);
    bool reconnect(std::string cause, bool ended);
    enum class Attempt { connected, failed, refused };
    Attempt try_to_connect(std::string& why);
    Attempt connect_again(const FrameSourceOptions& options, std::string& why);
    void give_up(Seconds lost_at, const std::string& cause, int attempts, const std::string& why);
    bool pause(Seconds seconds) const;
    void tell_away() const;
    void note_end(VideoInput::Event event);
    [[nodiscard]] FrameClock::Place place_of(std::optional<Seconds> timestamp);
    void follow_clock_jump(std::optional<Seconds> timestamp);
    void note_hole(std::int64_t frames, Seconds time);
    void note_size();
    [[nodiscard]] bool cancelled() const { return options_.cancelled && options_.cancelled(); }
    [[nodiscard]] Seconds time_of_wall() const;

    std::string source_;
    SourceKind kind_;
    FrameSourceOptions options_;
    bool live_ = false;
    std::optional<Seconds> length_;
    std::unique_ptr<VideoInput> input_;
    std::optional<FrameClock> clock_;
    PictureConverter converter_;
    WallClock::time_point first_frame_;  // when it was decoded
    WallClock::time_point last_frame_;
    std::optional<Seconds> last_timestamp_;
    std::int64_t damaged_before_ = 0;  // by earlier connections, and what no packet showed
    std::int64_t last_index_ = -1;
    std::int64_t last_damaged_ = 0;  // at the last frame
    int seen_width_ = 0, seen_height_ = 0;
    std::string away_because_;   // empty while connected
    std::exception_ptr thrown_;  // by options_.away within a call of FFmpeg
    std::string failure_;
    bool ahead_ = false;    // of the clock, which was noted
    bool pending_ = false;  // a picture is decoded but not yet given out
    bool ended_ = false;
};

}  // namespace ekya
