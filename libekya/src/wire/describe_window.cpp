// What ingestion and labelling record of a window, and how its frames are published.
#include "describe_parts.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

void describe(wire::Object<FoundObject>& o) {
    using R = FoundObject;
    o.field("box", &R::box)
        .text("bounding box [x0, y0, x1, y1]; x1 and y1 are exclusive")
        .unit("pixels");
    o.field("crop", &R::crop).at_least(-1).text("index of the stored crop; -1 = not stored");
}

void describe(wire::Object<FrameObjects>& o) {
    using R = FrameObjects;
    o.field("frame", &R::frame)
        .within(0, limits::frame)
        .text("index of the frame in the source, from 0");
    o.field("time", &R::time).text("time since the source's first frame").unit("seconds");
    o.field("image", &R::image)
        .format(wire::file_name)
        .omit_default()
        .text("file of the stored frame in the window's directory; missing = not stored");
    o.field("objects", &R::objects)
        .at_most_entries(limits::frame_objects)
        .text("objects found in the frame");
}

void describe(wire::Object<WindowManifest>& o) {
    using R = WindowManifest;
    o.record("ekya.window/1", "What ingestion recorded of one stream in one retraining window.");
    wire::stream_field(o, &R::stream);
    wire::window_field(o, &R::window);
    o.field("start", &R::start).at_least(0).text("stream time of the start").unit("seconds");
    o.field("end", &R::end).at_least(0).text("stream time of the end, exclusive").unit("seconds");
    wire::utc_field(o, &R::utc, "at which its recording began");
    o.field("complete", &R::complete).text("false if the source ended before the window did");
    o.field("last", &R::last).optional().text("true if the source ended with the window");
    o.field("width", &R::width)
        .within(0, limits::side_pixels)
        .text("width of the frames")
        .unit("pixels");
    o.field("height", &R::height)
        .within(0, limits::side_pixels)
        .text("height of the frames")
        .unit("pixels");
    o.field("task", &R::task)
        .one_of({"classification", "detection"})
        .omit_default()
        .text(
            "what is learned from it, which decides what is stored, crops of objects or whole "
            "frames; missing = classification");
    o.field("crop_size", &R::crop_size)
        .within(0, limits::crop_pixels)
        .text("side of the stored crops; 0 = none are")
        .unit("pixels");
    o.field("crop_margin", &R::crop_margin)
        .within(0, 1)
        .omit_default()
        .text("seen around a crop's box, as share of its longer side; missing = 0.05");
    o.field("crops", &R::crops).at_least(0).text("number of stored crops; crops.png shows them");
    o.field("objects_from", &R::objects_from)
        .one_of({"annotations", "detector", "motion", "frame", "model"})
        .text("what found the objects; model = nothing did, the model that serves finds them");
    o.field("damaged_packets", &R::damaged_packets)
        .at_least(0)
        .text("packets that the decoder skipped");
    o.field("gaps", &R::gaps).text("stalls and reconnects of the source, in words");
    o.field("first_frame", &R::first_frame)
        .within(0, limits::frame)
        .text("index of the first frame that belongs to the window");
    o.field("end_frame", &R::end_frame)
        .within(0, limits::frame)
        .text("index behind the last frame");
    o.field("frames", &R::frames).text("every decoded frame, in order");
}

void describe(wire::Object<Label>& o) {
    using R = Label;
    o.field("crop", &R::crop).at_least(0).text("index of the crop in the window");
    o.field("class", &R::class_name).format(wire::class_name).text("class of the object");
    o.field("score", &R::score).within(0, 1).text("confidence of the golden model");
    o.field("uniform", &R::uniform)
        .omit_default()
        .text("whether the crop was drawn uniformly from the window's crops");
    o.field("weight", &R::weight)
        .within(0, 1e9)
        .omit_default([](const R& label) { return label.uniform ? 1.0 : 0.0; })
        .text(
            "how many of the window's objects it stands for where accuracies are measured, "
            "relative to the others; 0 = not measured on; missing = 1 if uniform, else 0");
}

void describe(wire::Object<LabelledBox>& o) {
    using R = LabelledBox;
    o.field("box", &R::box)
        .text("bounding box [x0, y0, x1, y1]; x1 and y1 are exclusive")
        .unit("pixels");
    o.field("class", &R::class_name).format(wire::class_name).text("class of the object");
    o.field("score", &R::score).within(0, 1).text("confidence of the golden model");
    o.field("ignore", &R::ignore)
        .omit_default()
        .text("true: the golden model is unsure; neither object nor background");
}

void describe(wire::Object<FrameLabel>& o) {
    using R = FrameLabel;
    o.field("frame", &R::frame).at_least(0).text("index into the window's frames");
    o.field("boxes", &R::boxes)
        .at_most_entries(limits::frame_objects)
        .text("all objects in it; empty = there is none");
    o.field("uniform", &R::uniform)
        .omit_default()
        .text("whether the frame was drawn uniformly from the window's stored frames");
    o.field("weight", &R::weight)
        .within(0, 1e9)
        .omit_default([](const R& label) { return label.uniform ? 1.0 : 0.0; })
        .text(
            "how many of the window's frames it stands for where accuracies are measured, "
            "relative to the others; 0 = not measured on; missing = 1 if uniform, else 0");
}

void describe(wire::Object<LabelYield>& o) {
    using R = LabelYield;
    o.field("asked", &R::asked)
        .at_least(0)
        .text(
            "objects that the golden model was asked about; in frames, boxes that it saw and that "
            "can "
            "matter");
    o.field("given", &R::given).at_least(0).text("of them those with a label that can be used");
    o.field("nothing", &R::nothing).at_least(0).text("those in which it saw nothing");
    o.field("below_score", &R::below_score)
        .at_least(0)
        .text(
            "those of which it was less sure than was asked for; in frames they are regions to "
            "ignore");
    o.field("other_classes", &R::other_classes)
        .text("those to which it gave a class that the stream has not, by class");
}

void describe(wire::Object<Agreement>& o) {
    using R = Agreement;
    o.field("model", &R::model)
        .format(wire::no_file_name)
        .text("id of the model, which was trained on none of these labels");
    o.field("labels", &R::labels)
        .at_least(0)
        .text("labels of equal weight that measure about as well; 0 = there is none");
    o.field("share", &R::share).within(0, 1).text("weighted share of them that it answers alike");
    o.field("low", &R::low).within(0, 1).text("lower end of the share's interval of 95 %");
    o.field("high", &R::high).within(0, 1).text("upper end of it");
}

void describe(wire::Object<LabelSet>& o) {
    using R = LabelSet;
    o.record("ekya.labels/1",
             "The golden-model labels of a sampled part of a window's crops or frames.");
    wire::stream_field(o, &R::stream);
    wire::window_field(o, &R::window);
    o.field("teacher", &R::teacher)
        .format(wire::plain_text)
        .text("\"annotations\", or the golden model's file name");
    o.field("fraction", &R::fraction)
        .within(0, 1)
        .text("part of the window's crops, or of its stored frames, that was to be labelled");
    o.field("complete", &R::complete).text("false if the time limit ended the labelling early");
    o.field("seconds", &R::seconds)
        .at_least(0)
        .text("time the labelling took (measured)")
        .unit("seconds");
    o.field("labels", &R::labels).text("labels, ordered by crop");
    o.field("frames", &R::frames)
        .omit_default()
        .text("labelled frames, in order; where the task learns from frames");
    o.field("yield", &R::yield).text("what became of the objects asked about");
    o.field("agreement", &R::agreement)
        .text("how well the model that served then agrees with the golden model; no accuracy");
}

void describe(wire::Object<FrameHeader>& o) {
    using R = FrameHeader;
    o.record("ekya.frame/1",
             "Header of a published frame; the second part of the ZeroMQ message is the image.");
    wire::stream_field(o, &R::stream);
    wire::window_field(o, &R::window);
    o.field("frame", &R::frame)
        .within(0, limits::frame)
        .text("index of the frame in the source, from 0");
    o.field("time", &R::time).text("time since the source's first frame").unit("seconds");
    o.field("width", &R::width)
        .within(0, limits::side_pixels)
        .text("width of the image")
        .unit("pixels");
    o.field("height", &R::height)
        .within(0, limits::side_pixels)
        .text("height of the image")
        .unit("pixels");
    o.constant("format", "bgr24", "pixel format: 3 bytes a pixel, rows from the top");
    o.field("boxes", &R::boxes)
        .at_most_entries(limits::frame_objects)
        .text("bounding boxes [x0, y0, x1, y1] of the objects")
        .unit("pixels");
}

void describe(wire::Object<WindowEnd>& o) {
    using R = WindowEnd;
    o.record("ekya.window-end/1", "Published after the last frame of a window.");
    wire::stream_field(o, &R::stream);
    wire::window_field(o, &R::window);
    o.field("first_frame", &R::first_frame)
        .within(0, limits::frame)
        .text("index of the first frame that belongs to the window");
    o.field("end_frame", &R::end_frame)
        .within(0, limits::frame)
        .text("index behind the last frame");
    o.field("seconds", &R::seconds)
        .at_least(0)
        .text("length of the window that the source covered")
        .unit("seconds");
    o.field("complete", &R::complete).text("false if the source ended before the window did");
    o.field("last", &R::last).text("true if the stream has ended");
}

}  // namespace ekya
