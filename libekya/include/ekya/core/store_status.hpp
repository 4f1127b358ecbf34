#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"
#include "ekya/core/retraining_record.hpp"

namespace ekya {

/// How good the answers of a stream were in the newest window that says so.
struct ScoreStatus {
    enum class Kind {
        accuracy,  ///< scored with annotations, over all objects of the window
        agreement  ///< with the golden model, which errs too, on a sample of labels
    };
    Kind kind = Kind::accuracy;
    int window = 0;
    double value = 0;                 ///< in [0, 1]
    std::int64_t n = 0;               ///< annotated objects, or labels of equal weight
    std::optional<double> low, high;  ///< agreement: interval of 95 %
};

/// What the golden model's labels of the newest labelled window amount to.
struct LabelStatus {
    int window = 0;
    std::int64_t labels = 0;      ///< that can be learned from
    std::optional<double> yield;  ///< share of the objects asked about with such a label
};

/// A retraining that a plan of the running window holds.
struct TrainingStatus {
    int window = 0;
    std::string config;
    bool running = false;            ///< its job has been started and has not ended
    bool paused = false;             ///< it is held with no share
    double share = 0;                ///< of one device, that it holds
    std::optional<Seconds> ends_in;  ///< by its plan; none = late, or not known
};

/// What came of the newest retraining that has ended.
struct LastTraining {
    int window = 0;
    RetrainingOutcome outcome = RetrainingOutcome::none;
    std::string model, why;  ///< empty = nothing to say
};

/// How one camera of a store stands.
struct CameraStatus {
    enum class State {
        unknown,     ///< nothing of it says how it stands
        connecting,  ///< its first frame is waited for
        live,        ///< frames come
        away,        ///< contact is lost, it is connected again
        waiting,     ///< its recording has failed, and waits to be started again
        stopped,     ///< it is not recorded: the disk has no room, or nobody runs the store
        ended,       ///< its video has ended
        failed       ///< it is not tried any more
    };
    std::string stream;
    State state = State::unknown;
    std::string reason;                            ///< why; empty = nothing to say
    std::optional<double> since;                   ///< Unix time at which that began
    std::string model;                             ///< that serves; empty = none yet
    std::optional<double> model_since;             ///< Unix time at which it began to
    std::optional<ScoreStatus> score;              ///< none = not known yet
    std::optional<LabelStatus> labels;             ///< none = no window has labels
    std::optional<double> recorded_fps;            ///< frames per second lately
    std::optional<double> seen_fps, analysed_fps;  ///< by inference
    // Frames since the store was begun.
    std::optional<std::int64_t> recorded, seen, analysed, skipped, lost;
    std::optional<std::int64_t> damaged, losses;      ///< packets; times at which contact was lost
    std::optional<std::int64_t> backlog;              ///< frames that wait
    std::optional<Seconds> latency;                   ///< of the newest analysed frame
    std::optional<double> last_answer;                ///< Unix time of the newest answer
    std::optional<int> restarts;                      ///< of its programs
    std::optional<double> share_granted, share_used;  ///< of one device, inference lately
    std::optional<Seconds> device_granted, device_used;  ///< device-seconds of inference so far
    std::optional<TrainingStatus> training;  ///< none = none is planned in the running window
    std::optional<LastTraining> last_training;
    std::vector<std::string> problems;  ///< what keeps it from being well
    std::vector<std::string> notes;     ///< what people should know
};

/// Who holds a store.
struct StoreHolder {
    std::string program;
    int process = 0;
    std::string since;  ///< RFC 3339
};

/// How a store stands (schema ekya.status/1).
struct StoreStatus {
    enum class Health {
        healthy,   ///< it is run, and all cameras are well
        degraded,  ///< it is run, and some cameras are not well
        down       ///< nobody runs it, or who does has not been heard of
    };
    std::string store;
    double time = 0;  ///< Unix time of this record
    Health health = Health::down;
    std::optional<StoreHolder> holder;    ///< none = nobody holds it
    std::optional<Seconds> heard;         ///< since its program wrote how it stands; none = never
    Seconds window_seconds = 0;           ///< of a window on the clock; 0 = not known
    std::optional<int> window;            ///< that runs; none = none yet
    std::optional<Seconds> window_left;   ///< until it ends, or the first one begins
    std::vector<std::string> jobs;        ///< of the window that run: label, profile.1, gate.train
    bool recording = true;                ///< false: the disk has no room
    double disk_free = 0, disk_size = 0;  ///< bytes of the store's file system
    std::vector<CameraStatus> cameras;
    std::vector<std::string> problems;  ///< of the store as a whole
};

}  // namespace ekya
