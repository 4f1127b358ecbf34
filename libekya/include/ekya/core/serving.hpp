#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/box.hpp"
#include "ekya/core/config.hpp"

namespace ekya {

/// An object with the class that inference gave it.
struct ClassifiedObject {
    Box box;
    std::string class_name;
    double score = 0;  ///< probability of that class, in [0, 1]
    int track = -1;    ///< the same for one object from frame to frame; -1 = not followed
};

/// What live inference answered for one frame (schema ekya.inference/1).
struct FrameAnswer {
    std::string stream;
    int window = 0;
    std::int64_t frame = 0;
    Seconds time = 0;
    bool analysed = false;  ///< false = skipped, the last analysed frame's result carries over
    std::string model;      ///< id of the model that answered; empty if skipped
    std::vector<ClassifiedObject> objects;  ///< empty if skipped, unless the objects are followed
    Seconds latency = 0;                    ///< from arrival to answer
    int input_size = 0;    ///< side of the network's input in pixels; 0 = as trained
    bool behind = false;   ///< skipped although it was its turn: inference had fallen behind
    std::string utc = {};  ///< wall-clock time of the frame's arrival, RFC 3339; empty = unknown
};

/// A model and the frame from which it answered.
struct ServedModel {
    std::string model;
    std::int64_t from_frame = 0;
    Seconds from_time = 0;
};

/// Precision and recall of one class.
struct ClassDetection {
    std::string class_name;
    std::int64_t objects = 0;  ///< annotated in all frames
    std::int64_t answers = 0;  ///< boxes that were answered
    std::int64_t matched = 0;  ///< of them those on an object of their own, IoU >= 0.3
    double precision = 0;      ///< matched / answers; 0 without answers
    double recall = 0;         ///< matched / objects; 0 without objects
    std::optional<double> average_precision;  ///< at IoU 0.5, over the answers that were given;
                                              ///< none without objects
};

/// Score of the boxes that were answered, over all frames of a window.
struct DetectionScore {
    std::int64_t answers = 0;  ///< boxes that were answered
    std::int64_t matched =
        0;  ///< of them those on an object of their own and its class, IoU >= 0.3
    std::optional<double> mean_average_precision;  ///< of the classes that have one
    std::vector<ClassDetection> classes;           ///< by name
};

/// How live inference did in one window (schema ekya.accuracy/1).
struct WindowAccuracy {
    std::string stream;
    int window = 0;
    bool complete = true;
    Seconds seconds = 0;
    std::int64_t frames = 0;  ///< frames the window has
    std::int64_t seen = 0;    ///< frames that reached inference
    std::int64_t analysed = 0;
    std::int64_t lost = 0;           ///< frames that never reached it
    std::int64_t objects = 0;        ///< annotated objects in all frames
    std::int64_t correct = 0;        ///< of them answered with the right class; detection: found
    std::optional<double> accuracy;  ///< correct / objects; detection: F1 at IoU 0.3
    std::optional<DetectionScore> detection = {};  ///< where objects had to be found
    std::vector<ServedModel> models;
    double device_seconds = 0;
    Seconds latency_p50 = 0, latency_p99 = 0;
    std::int64_t skipped = 0;  ///< of those seen, not analysed although it was their turn
    std::string utc = {};      ///< wall-clock time of its first frame, RFC 3339; empty = unknown
};

/// A published frame without its pixels (schema ekya.frame/1).
struct FrameHeader {
    std::string stream;
    int window = 0;
    std::int64_t frame = 0;
    Seconds time = 0;
    int width = 0, height = 0;
    std::vector<Box> boxes;
};

/// Published behind a window's last frame (schema ekya.window-end/1).
struct WindowEnd {
    std::string stream;
    int window = 0;
    std::int64_t first_frame = 0, end_frame = 0;
    Seconds seconds = 0;
    bool complete = true;
    bool last = false;  ///< the stream has ended
};

/// Which model serves a stream (schema ekya.serving/1).
struct ServingRecord {
    std::string stream;
    std::string model;
    std::string previous;  ///< the one that served before; empty = none
};

/// A request to a running inference (schema ekya.control/1).
struct ControlRequest {
    enum class Kind { swap, set, status, stop };
    Kind kind = Kind::status;
    std::string model;  ///< swap: id of the model to load from the store
    std::optional<double> share;
    std::optional<int> frame_stride;
    std::optional<int> input_size;
};

/// Its answer (schema ekya.control-reply/1).
struct ControlReply {
    bool ok = true;
    std::string error;
    std::string stream, model;
    std::int64_t frame = -1;
    double share = 0;
    int frame_stride = 1;
    std::int64_t backlog = 0;   ///< frames that wait to be analysed or skipped
    std::int64_t analysed = 0;  ///< frames since the program started
    std::int64_t skipped =
        0;  ///< of them not analysed although it was their turn: inference was behind
    std::optional<Seconds> latency;  ///< of the last analysed frame, from arrival to answer
};

}  // namespace ekya
