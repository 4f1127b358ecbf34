#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/box.hpp"
#include "ekya/core/config.hpp"

namespace ekya {

/// An object found in a frame, without its class.
struct FoundObject {
    Box box;
    int crop = -1;  ///< index into the window's crops; -1 if the frame was not sampled
};

/// One frame of a window and the objects in it.
struct FrameObjects {
    std::int64_t frame = 0;  ///< 0-based index in the source
    Seconds time = 0;        ///< since the source's first frame
    std::string image;  ///< file of the stored frame inside the window directory; empty = not kept
    std::vector<FoundObject> objects;
};

/// What ingestion recorded of one stream in one retraining window (schema ekya.window/1).
struct WindowManifest {
    std::string stream;
    int window = 0;              ///< 0-based
    Seconds start = 0, end = 0;  ///< stream time, [start, end)
    std::string utc;             ///< wall-clock time at its begin, RFC 3339; empty = unknown
    bool complete = true;        ///< false if the source ended before the window did
    bool last = false;           ///< true if the source ended with it
    int width = 0, height = 0;   ///< of the frames, pixels
    std::string task = "classification";  ///< what is learned from it (task/): decides what is
                                          ///< stored, crops of objects or whole frames
    int crop_size = 0;                    ///< side of the stored crops, pixels; 0 = none are
    double crop_margin = 0.05;         ///< around the objects' boxes, as share of the longer side
    int crops = 0;                     ///< how many are stored
    std::string objects_from;          ///< annotations, detector, motion, frame, or model: the one
                                       ///< that serves finds them, nothing else looks for any
    int damaged_packets = 0;           ///< skipped by the decoder in this window
    std::vector<std::string> gaps;     ///< stalls and reconnects, in words with times
    std::int64_t first_frame = 0;      ///< index of the first frame that belongs to the window
    std::int64_t end_frame = 0;        ///< index behind the last one
    std::vector<FrameObjects> frames;  ///< every decoded frame, in order
};

/// A golden-model label of one stored crop.
struct Label {
    int crop = 0;
    std::string class_name;
    double score = 1;     ///< the teacher's confidence, in [0, 1]
    bool uniform = true;  ///< drawn uniformly from the window's crops
    double weight = 1;    ///< how many of the window's objects it stands for where accuracies are
                          ///< measured, relative to the others; 0 = may not be measured on
};

/// An object that the golden model saw in a frame.
struct LabelledBox {
    Box box;  ///< inside the frame
    std::string class_name;
    double score = 1;     ///< the teacher's confidence, in [0, 1]
    bool ignore = false;  ///< the teacher is unsure: neither object nor background
    friend bool operator==(const LabelledBox&, const LabelledBox&) = default;
};

/// All that the golden model saw in one stored frame, for tasks that learn from frames.
struct FrameLabel {
    int frame = 0;                   ///< index into the window's frames
    std::vector<LabelledBox> boxes;  ///< empty: it saw nothing there
    bool uniform = true;             ///< as Label's, of the window's stored frames
    double weight = 1;               ///< likewise
    friend bool operator==(const FrameLabel&, const FrameLabel&) = default;
};

/// What became of the objects that the golden model was asked about.
struct LabelYield {
    int asked = 0;        ///< objects; in frames, boxes that it saw and that can matter
    int given = 0;        ///< of them those with a label that can be used
    int nothing = 0;      ///< the golden model saw nothing there
    int below_score = 0;  ///< it was less sure than was asked for; in frames: to be ignored
    std::map<std::string, int> other_classes;  ///< it named a class that the stream has not
    friend bool operator==(const LabelYield&, const LabelYield&) = default;
};

/// How well a model agrees with the golden model on a window's labels.
struct Agreement {
    std::string model;         ///< id of the model, which was trained on none of these labels
    int labels = 0;            ///< of equal weight that measure about as well; 0 = none
    double share = 0;          ///< of them that it answers alike, in [0, 1]
    double low = 0, high = 1;  ///< that share's interval of 95 %
    friend bool operator==(const Agreement&, const Agreement&) = default;
};

/// The labelled sample of one window (schema ekya.labels/1).
struct LabelSet {
    std::string stream;
    int window = 0;
    std::string teacher;        ///< "annotations", or the golden model's file name
    double fraction = 1;        ///< of the window's crops, or stored frames, that was asked for
    bool complete = true;       ///< false if --max-seconds ended it early
    Seconds seconds = 0;        ///< time the labelling took
    std::vector<Label> labels;  ///< ordered by crop
    std::vector<FrameLabel> frames = {};   ///< ordered by frame; where the task learns from frames
    std::optional<LabelYield> yield = {};  ///< none: not recorded
    /// Of the model that served when the window was labelled; none: not measured.
    std::optional<Agreement> agreement = {};
};

/// A ground-truth object of one frame.
struct Annotation {
    std::int64_t frame = 0;
    std::string class_name;
    Box box;
};

/// One stream of a stream list; paths are resolved against the list's directory.
struct StreamSource {
    std::string id;
    std::string source;                ///< file, directory, device or URL
    std::string annotations;           ///< CSV file; empty = none
    double fps = 0;                    ///< 0 = as the source says
    std::vector<std::string> classes;  ///< of this stream
    /// What a playlist or a redirection of the source may lead to besides its own place:
    /// directories, which have a slash, and hosts ("host" or "host:port").
    std::vector<std::string> allow = {};
};

/// A stream list as it is written (schema ekya.streams/1); StreamSource's paths are as written too.
struct StreamList {
    std::vector<std::string> classes;  ///< of streams without classes of their own
    std::vector<StreamSource> streams;
};

}  // namespace ekya
