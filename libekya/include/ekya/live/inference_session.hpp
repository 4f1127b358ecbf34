#pragma once
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/image.hpp"
#include "ekya/core/serving.hpp"
#include "ekya/live/tracker.hpp"
#include "ekya/live/window_score.hpp"

namespace ekya {

struct SessionOptions {
    std::string stream;
    int frame_stride = 1;         ///< analyse frames whose index is a multiple of it; >= 1
    std::size_t max_backlog = 8;  ///< frames that may wait; when more do, the oldest are skipped
    /// Seconds from a frame's arrival to its answer; a frame that would take longer is skipped, and
    /// all older than the newest with it, so that what is answered is fresh. Only an analysis that
    /// alone takes longer is let through. 0 = no limit
    Seconds max_latency = 0;
    std::function<double()> wall_clock = unix_time;  ///< for the times in answers
    /// Inference finds the objects itself, it is not told their boxes: it is scored by how well it
    /// does, and its answers say which object is which (ClassifiedObject::track).
    bool finds_objects = false;
    Carry carry = Carry::track;  ///< if so: the objects of skipped frames
};

/// Live inference of one stream without sockets, networks or clocks of its own: which frame is
/// analysed, which is skipped, what a window amounts to. Frames come in order; answers go out in
/// the same order, one per frame.
class InferenceSession {
public:
    /// Classifies the objects of a frame; the model's id goes into the answer.
    struct Analysis {
        std::string model;
        std::vector<ClassifiedObject> objects;
        int input_size = 0;  ///< of the network's input in pixels; 0 = as trained
    };
    using Analyse = std::function<Analysis(const FrameHeader&, const FrameImage&)>;
    using OnAnswer = std::function<void(const FrameAnswer&)>;
    using OnWindow = std::function<void(WindowAccuracy)>;
    /// Where a window begins and ends, for the case that its end got lost on the way; nothing if
    /// that is not known.
    using BoundsOf = std::function<std::optional<WindowEnd>(int window)>;

    InferenceSession(SessionOptions options, AnnotationsOf annotations, Analyse analyse,
                     OnAnswer on_answer, OnWindow on_window);

    void set_bounds(BoundsOf bounds) { bounds_ = std::move(bounds); }
    void set_frame_stride(int stride);
    [[nodiscard]] int frame_stride() const { return options_.frame_stride; }
    /// See SessionOptions; before the first frame and before resume().
    void set_finds_objects(bool finds) { options_.finds_objects = finds; }

    /// A frame or a window's end has arrived at time `now`. One that makes no sense changes
    /// nothing; a frame whose index leaps far ahead is believed once the next one continues it, so
    /// that a single one cannot make all later frames look old.
    /// @throws InputError for another stream's, for a frame without pixels or with a box outside of
    /// them, and for indexes beyond the limits or a leap of them (core/limits.hpp)
    void arrived(FrameHeader header, FrameImage image, Seconds now);
    void arrived(const WindowEnd& end);
    /// Takes up what an interrupted run had already answered; objects keep their tracks.
    /// @param finished whether the last window among them has its result already
    void resume(std::vector<FrameAnswer> answers, bool finished = false);

    [[nodiscard]] bool idle() const { return waiting_.empty(); }
    /// True if the next thing to do is to analyse a frame (and not merely to skip one or close a
    /// window).
    /// @param start when the analysis could begin, on the clock of arrived()
    [[nodiscard]] bool next_needs_analysis(Seconds start) const;
    /// The frame that is to be analysed next, if next_needs_analysis(); valid until the session is
    /// changed.
    struct Due {
        const FrameHeader* header;
        const FrameImage* image;
    };
    [[nodiscard]] std::optional<Due> due(Seconds start) const;
    /// Answers the frame of due() with what was found in it, together with other streams' frames
    /// perhaps.
    /// @param took seconds that the analysis took
    void answer_due(Analysis analysis, Seconds took, const std::function<Seconds()>& clock);
    /// Passes over the frame of due(), whose analysis failed.
    void skip_due(const std::function<Seconds()>& clock);
    /// Does the next thing. @param clock gives the time for the latency
    /// @param wait seconds that an analysis would have to wait; only skipping and closing is done
    /// while it is above 0
    void step(const std::function<Seconds()>& clock, Seconds wait = 0);
    /// Closes the window that is open, e.g. at the end of a stream.
    void finish();
    /// True once the publisher said that the stream has ended.
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] std::int64_t last_frame() const { return last_frame_; }
    /// Frames that wait to be analysed or skipped.
    [[nodiscard]] std::size_t backlog() const { return waiting_frames_; }
    /// What has been done since the session began; resumed answers do not count.
    struct Counts {
        std::int64_t analysed = 0;
        std::int64_t skipped = 0;        ///< frames not analysed although it was their turn
        std::optional<Seconds> latency;  ///< of the last analysed frame
    };
    [[nodiscard]] const Counts& counts() const { return counts_; }

private:
    struct Waiting {
        std::optional<WindowEnd> end;
        FrameHeader header;
        FrameImage image;
        Seconds arrived = 0;
    };
    [[nodiscard]] bool is_turn_of(std::int64_t frame) const {
        return frame % options_.frame_stride == 0;
    }
    /// What came last, answered or waiting.
    struct Position {
        std::int64_t frame;
        int window;
    };
    [[nodiscard]] std::optional<Position> newest() const;
    [[nodiscard]] bool continues(const FrameHeader& header);
    void pass_over_next(const std::function<Seconds()>& clock);
    [[nodiscard]] std::int64_t newest_due() const;
    void skip_what_is_late(Seconds start);
    [[nodiscard]] FrameAnswer answer_for_next() const;
    void note_duration(Seconds took);
    [[nodiscard]] bool follows() const {
        return options_.finds_objects && options_.carry == Carry::track;
    }
    void notice_size(const FrameHeader& header);
    void answer(FrameAnswer answer);
    void open(int window, std::int64_t first_frame);
    void close(const WindowEnd& end);
    void close_lost(int window, std::int64_t next_frame);

    SessionOptions options_;
    AnnotationsOf annotations_;
    Analyse analyse_;
    OnAnswer on_answer_;
    OnWindow on_window_;
    BoundsOf bounds_;
    std::deque<Waiting> waiting_;
    std::size_t waiting_frames_ = 0;
    std::optional<int> window_;  // the one being answered
    WindowAnswers answers_;
    Tracker tracker_;             // where inference finds the objects
    int width_ = 0, height_ = 0;  // of the frames that it knows
    std::int64_t last_frame_ = -1;
    std::optional<Position> leap_;  // of a frame that was not believed
    Counts counts_;
    std::int64_t skip_before_ = -1;  // waiting frames below it are late
    Seconds analysis_ = 0;           // how long one takes, running mean
    bool ended_ = false;
};

}  // namespace ekya
