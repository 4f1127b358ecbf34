// What live inference answers, is asked and tells.
#include "describe_parts.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

void describe(wire::Object<ClassifiedObject>& o) {
    using R = ClassifiedObject;
    o.field("box", &R::box)
        .text("bounding box [x0, y0, x1, y1]; x1 and y1 are exclusive")
        .unit("pixels");
    o.field("class", &R::class_name).format(wire::class_name).text("class that inference gave it");
    o.field("score", &R::score).within(0, 1).text("probability of the class");
    o.field("track", &R::track)
        .at_least(-1)
        .omit_default()
        .text("the same for one object from frame to frame; missing = not followed");
}

void describe(wire::Object<FrameAnswer>& o) {
    using R = FrameAnswer;
    o.record("ekya.inference/1", "What live inference answered for one frame.");
    wire::stream_field(o, &R::stream);
    wire::window_field(o, &R::window);
    o.field("frame", &R::frame)
        .within(0, limits::frame)
        .text("index of the frame in the source, from 0");
    o.field("time", &R::time).text("time since the source's first frame").unit("seconds");
    o.field("analysed", &R::analysed)
        .text("false = skipped: the result of the last analysed frame holds");
    o.field("model", &R::model)
        .format(wire::no_file_name)
        .text("id of the model that answered; empty if skipped");
    o.field("input_size", &R::input_size)
        .within(1, limits::input_size)
        .omit_default()
        .text("side of the network's input; missing = as trained")
        .unit("pixels");
    o.field("objects", &R::objects)
        .at_most_entries(limits::frame_objects)
        .text("objects of the frame; empty if skipped, unless they are followed");
    o.field("latency", &R::latency)
        .at_least(0)
        .text("time from arrival to answer (measured)")
        .unit("seconds");
    wire::utc_field(o, &R::utc, "of the frame's arrival");
    o.field("behind", &R::behind)
        .omit_default()
        .text("true: skipped although it was its turn, because inference had fallen behind");
}

void describe(wire::Object<ServedModel>& o) {
    using R = ServedModel;
    o.field("model", &R::model).format(wire::file_name).text("id of the model");
    o.field("from_frame", &R::from_frame)
        .within(0, limits::frame)
        .text("first frame that it answered");
    o.field("from_time", &R::from_time).text("stream time of that frame").unit("seconds");
}

void describe(wire::Object<ClassDetection>& o) {
    using R = ClassDetection;
    o.field("class", &R::class_name).format(wire::class_name).text("name of the class");
    o.field("objects", &R::objects).at_least(0).text("annotated objects in all frames");
    o.field("answers", &R::answers).at_least(0).text("boxes that were answered");
    o.field("matched", &R::matched)
        .at_least(0)
        .text("of them those on an object of their own, IoU at least 0.3");
    o.field("precision", &R::precision).within(0, 1).text("matched / answers; 0 without answers");
    o.field("recall", &R::recall).within(0, 1).text("matched / objects; 0 without objects");
    o.field("average_precision", &R::average_precision)
        .within(0, 1)
        .nullable()
        .text("at IoU 0.5, over the answers that were given; null without objects");
}

void describe(wire::Object<DetectionScore>& o) {
    using R = DetectionScore;
    o.field("answers", &R::answers).at_least(0).text("boxes that were answered");
    o.field("matched", &R::matched)
        .at_least(0)
        .text("of them those on an object of their own and of its class, IoU at least 0.3");
    o.field("mean_average_precision", &R::mean_average_precision)
        .within(0, 1)
        .nullable()
        .text("mean of the classes' average precision; null without objects");
    o.field("classes", &R::classes).at_most_entries(limits::classes).text("each class, by name");
}

void describe(wire::Object<WindowAccuracy>& o) {
    using R = WindowAccuracy;
    o.record("ekya.accuracy/1",
             "How live inference did in one window, live protocol: all annotated objects of all "
             "frames count.");
    wire::stream_field(o, &R::stream);
    wire::window_field(o, &R::window);
    wire::utc_field(o, &R::utc, "of its first frame's arrival");
    o.field("complete", &R::complete).text("false if the source ended before the window did");
    o.field("seconds", &R::seconds).at_least(0).text("length of the window").unit("seconds");
    o.field("frames", &R::frames).at_least(0).text("frames that the window has");
    o.field("seen", &R::seen).at_least(0).text("frames that reached inference");
    o.field("analysed", &R::analysed).at_least(0).text("frames that were analysed");
    o.field("lost", &R::lost).at_least(0).text("frames that never reached inference");
    o.field("objects", &R::objects).at_least(0).text("annotated objects in all frames");
    o.field("correct", &R::correct)
        .at_least(0)
        .text(
            "annotated objects that were answered with the right class; detection: that were "
            "found");
    o.field("accuracy", &R::accuracy)
        .within(0, 1)
        .nullable()
        .text(
            "correct / objects; null without annotations or objects; detection: F1 at IoU 0.3, "
            "null without annotations, or without any object and answer");
    o.field("detection", &R::detection)
        .text(
            "how well objects were found, where they had to be; missing = their boxes were given, "
            "or nothing is annotated");
    o.field("models", &R::models).text("models that answered, in order");
    o.field("device_seconds", &R::device_seconds)
        .at_least(0)
        .text("used by inference in this window (measured)")
        .unit("device-seconds");
    o.field("latency_p50", &R::latency_p50)
        .at_least(0)
        .text("median time from arrival to answer (measured)")
        .unit("seconds");
    o.field("latency_p99", &R::latency_p99)
        .at_least(0)
        .text("99th percentile of the time from arrival to answer (measured)")
        .unit("seconds");
    o.field("skipped", &R::skipped)
        .at_least(0)
        .optional()
        .text("frames seen but not analysed although it was their turn: inference was behind");
}

void describe(wire::Enumeration<ControlRequest::Kind>& e) {
    using Kind = ControlRequest::Kind;
    e.value(Kind::swap, "swap", "load another model, and serve it");
    e.value(Kind::set, "set", "serve with another share or configuration");
    e.value(Kind::status, "status", "tell how it stands");
    e.value(Kind::stop, "stop", "end");
}

void describe(wire::Object<ControlRequest>& o) {
    using R = ControlRequest;
    o.record("ekya.control/1", "A request to a running inference.");
    o.field("request", &R::kind).text("what it shall do");
    o.field("model", &R::model)
        .format(wire::file_name)
        .omit_default()
        .text("id of the model to load from the store");
    o.needs({"model"}, "request", "swap");
    o.field("share", &R::share)
        .within(0, limits::share)
        .text("share of one device; missing = as before");
    o.field("frame_stride", &R::frame_stride)
        .within(1, limits::frame_stride)
        .text("k, where every k-th frame is analysed; missing = as before");
    o.field("input_size", &R::input_size)
        .within(0, limits::input_size)
        .text("side of the network's input; 0 = as trained; missing = as before")
        .unit("pixels");
}

void describe(wire::Object<ControlReply>& o) {
    using R = ControlReply;
    o.record("ekya.control-reply/1", "The answer to a control request.");
    o.field("ok", &R::ok).text("whether the request was carried out");
    o.field("error", &R::error).text("why not; empty if ok");
    o.field("stream", &R::stream)
        .format(wire::no_file_name)
        .text("id of the stream; empty if the request could not be read");
    o.field("model", &R::model).format(wire::no_file_name).text("id of the model that serves");
    o.field("frame", &R::frame)
        .within(-1, limits::frame)
        .text("last frame answered; -1 = none yet");
    o.field("share", &R::share).at_least(0).text("share of one device that it has");
    o.field("frame_stride", &R::frame_stride)
        .at_least(1)
        .text("k, where every k-th frame is analysed");
    o.field("backlog", &R::backlog)
        .at_least(0)
        .optional()
        .text("frames that wait to be analysed or skipped");
    o.field("analysed", &R::analysed)
        .at_least(0)
        .optional()
        .text("frames analysed since the program started");
    o.field("skipped", &R::skipped)
        .at_least(0)
        .optional()
        .text(
            "frames not analysed although it was their turn, since the program started: "
            "inference was behind");
    o.field("latency", &R::latency)
        .at_least(0)
        .text("time from arrival to answer of the last analysed frame; missing = none yet")
        .unit("seconds");
}

void describe(wire::Enumeration<InferenceEvent::Kind>& e) {
    using Kind = InferenceEvent::Kind;
    e.value(Kind::swap, "swap", "another model serves");
    e.value(Kind::refused, "refused", "a model could not be loaded, the old one goes on");
    e.value(Kind::behind, "behind",
            "frames were skipped although it was their turn, told at most once a second");
    e.value(Kind::caught_up, "caught_up", "no frame was skipped so for a second");
}

void describe(wire::Object<InferenceEvent>& o) {
    using R = InferenceEvent;
    o.record("ekya.inference-event/1", "What happened to a running inference.");
    o.field("event", &R::kind).text("what happened");
    wire::stream_field(o, &R::stream);
    o.field("model", &R::model).format(wire::file_name).text("id of the model that serves now");
    o.field("frame", &R::frame)
        .within(-1, limits::frame)
        .text("last frame answered; -1 = none yet");
    o.field("backlog", &R::backlog).at_least(0).text("frames that wait to be analysed or skipped");
    o.field("skipped", &R::skipped)
        .at_least(0)
        .text("frames not analysed although it was their turn, since the program started");
    o.field("error", &R::error).omit_default().text("why a model was refused");
}

void describe(wire::Object<ServingRecord>& o) {
    using R = ServingRecord;
    o.record("ekya.serving/1", "Which model serves a stream.");
    wire::stream_field(o, &R::stream);
    o.field("model", &R::model).format(wire::file_name).text("id of the model that serves");
    o.field("previous", &R::previous)
        .format(wire::no_file_name)
        .text("id of the model that served before; empty = none");
}

}  // namespace ekya
