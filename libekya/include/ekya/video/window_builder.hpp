#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/image.hpp"
#include "ekya/core/window.hpp"
#include "ekya/video/frame_source.hpp"
#include "ekya/video/gap_list.hpp"

namespace ekya {

struct WindowBuilderOptions {
    std::string stream;
    Seconds window = 200;                 ///< length of a retraining window; > 0
    int first_window = 0;                 ///< earlier frames are passed over
    std::string task = "classification";  ///< or detection: no crops are stored, and keep_frames
                                          ///< must be set
    int crop_size = 32;                   ///< side of the stored crops, pixels; not of detection
    double crop_margin = 0.05;            ///< around the box, as share of its longer side
    int sample_every = 1;      ///< every n-th frame is sampled: its crops are stored; >= 1
    std::string keep_frames;   ///< "png" or "jpg": store the sampled frames too; empty = do not
    std::string objects_from;  ///< for the manifest
    std::function<double()> wall_clock = unix_time;  ///< for the manifest
};

/// A window that is complete, with everything to be stored.
struct BuiltWindow {
    struct KeptFrame {
        std::string name, bytes;
    };
    WindowManifest manifest;
    CropBatch crops;
    std::vector<KeptFrame> frames;
    Seconds seconds = 0;  ///< of stream time that the source covered
};

/// Cuts a stream of frames into retraining windows and collects what the later stages need of each.
class WindowBuilder {
public:
    using OnWindow = std::function<void(BuiltWindow)>;
    /// @throws DomainError naming the option that is out of range, or that the task needs
    WindowBuilder(WindowBuilderOptions options, double fps, OnWindow on_window);

    /// The window a frame falls into; negative if it comes before first_window and is to be passed
    /// over.
    [[nodiscard]] int window_of_frame(const Frame& frame) const;
    /// Closes windows that end before the frame, windows without any frame included, then takes the
    /// frame up.
    /// @throws InputError if it would close more windows without a frame than limits allow
    void add(const Frame& frame, const std::vector<Box>& boxes);
    /// Notes for the manifest of the open window.
    void note(int damaged_packets, std::vector<std::string> gaps);
    /// A source that is away: closes windows whose time is over, so that whoever waits for them
    /// goes on. Frames come later.
    /// @param time  stream time by the wall clock
    /// @param gap   noted in the manifest of each window closed here
    void pass(Seconds time, const std::string& gap);
    /// Closes the last window. @param source_ended false if the source goes on and is merely not
    /// wanted any longer: then the window is complete
    void finish(bool source_ended = true);
    [[nodiscard]] bool any() const { return open_; }

private:
    void check_empty(int window);
    void open(int window, std::int64_t first_frame);
    void close(std::int64_t end_frame, Seconds seconds, bool complete, bool last);

    WindowBuilderOptions options_;
    double fps_;
    OnWindow on_window_;
    BuiltWindow current_;
    GapList gaps_;  // of the open window
    bool open_ = false;
    int filled_ = 0, empty_ = 0;  // windows that have frames, and that add() closed without any
    int width_ = 0, height_ = 0;  // of the last frame
    std::int64_t last_frame_ = -1;
    Seconds last_time_ = 0;
};

/// The number of a live source's frame, so that a process which goes on with a stream counts on
/// where the one before it ended, with the numbers of the frames that nobody has seen left out.
/// How many these are is known by the rate of frames alone: the highest of the windows before, or
/// without any what the source says.
/// @param before the newest windows of the stream, by window
/// @param time stream time of the frame
[[nodiscard]] std::int64_t frame_number(const std::vector<WindowManifest>& before, Seconds time,
                                        double fps);

}  // namespace ekya
