// What programs that last say of themselves while they run, for those who look at a store from
// outside. Times are of the wall clock: who reads them belongs to no run.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// How the source of a stream stands (schema ekya.source-state/1).
struct SourceState {
    enum class State {
        connecting,  ///< its first frame is waited for
        live,        ///< frames come
        away,        ///< contact is lost, it is connected again
        ended,       ///< the video has ended, or recording was told to
        failed       ///< it is not tried any more
    };
    std::string stream;
    State state = State::connecting;
    double since = 0;           ///< Unix time at which that began
    std::string reason;         ///< why it is away or failed; empty = nothing to say
    std::optional<int> window;  ///< of the newest frame
    std::int64_t frames = 0;    ///< since the store was begun, over all starts of the program
    std::int64_t damaged = 0;   ///< likewise: packets that could not be decoded
    std::int64_t losses = 0;    ///< likewise: times at which contact was lost
    double fps = 0;             ///< frames per second lately
    double updated = 0;         ///< Unix time of this record
};

/// How the inference of a stream stands (schema ekya.inference-state/1).
struct InferenceState {
    std::string stream;
    std::string model;  ///< that answered the newest analysed frame; empty = none was analysed
    double since = 0;   ///< Unix time at which it began to; 0 without one
    std::optional<int> window;  ///< of the newest frame
    // Frames since the store was begun, over all starts of the program.
    std::int64_t seen = 0;  ///< that reached inference
    std::int64_t analysed = 0;
    std::int64_t skipped = 0;  ///< although it was their turn: inference was behind
    std::int64_t lost = 0;     ///< that never reached it; counted when their window is over
    double seen_fps = 0, analysed_fps = 0;  ///< frames per second lately
    std::int64_t backlog = 0;               ///< frames that wait
    std::optional<Seconds> latency;         ///< of the newest analysed frame
    double updated = 0;                     ///< Unix time of this record
};

/// One camera, as the program sees it that runs a store.
struct RunCamera {
    enum class Program {
        none,   ///< is not to run: no model yet, or the disk is full
        runs,   ///< has been started
        waits,  ///< has failed, and waits to be started again
        ended   ///< will not be started again
    };
    std::string stream;
    Program ingestion = Program::none, inference = Program::none;
    int restarts = 0;     ///< of both, since the program that runs the store was started
    std::string problem;  ///< why the camera has failed, or goes on as it is; empty = neither
    friend bool operator==(const RunCamera&, const RunCamera&) = default;
};

/// How the program stands that runs a store: ekya-serve, or ekya-loop with one policy
/// (schema ekya.run-state/1).
struct RunState {
    std::string program;
    std::string host;  ///< name of its machine, or of its container
    int process = 0;
    double updated = 0;          ///< Unix time of this record; written every few seconds
    Seconds window_seconds = 0;  ///< of a window on the clock
    std::optional<int> window;   ///< that runs; none before the first one
    double window_ends = 0;      ///< Unix time at which it does, or the first one begins
    bool recording = true;       ///< false: the disk has no room
    std::vector<RunCamera> cameras;
};

}  // namespace ekya
