// Configurations, boxes and lists that people write.
#include "describe_parts.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace {

auto& edge_field(wire::Object<Box>& o, const char* name, double Box::*edge) {
    return o.field(name, edge).within(-limits::box_pixels, limits::box_pixels);
}

}  // namespace

void describe(wire::Object<Box>& o) {
    o.as_list();
    edge_field(o, "x0", &Box::x0).text("left edge").unit("pixels");
    edge_field(o, "y0", &Box::y0).text("upper edge").unit("pixels");
    edge_field(o, "x1", &Box::x1).text("right edge, exclusive").unit("pixels");
    edge_field(o, "y1", &Box::y1).text("lower edge, exclusive").unit("pixels");
}

void describe(wire::Enumeration<TrainedLayers>& e) {
    e.value(TrainedLayers::head, to_string(TrainedLayers::head), "the classifier alone");
    e.value(TrainedLayers::last_stage, to_string(TrainedLayers::last_stage),
            "the network's last stage too");
    e.value(TrainedLayers::all, to_string(TrainedLayers::all), "the whole network");
}

void describe(wire::Object<RetrainingConfig>& o) {
    using R = RetrainingConfig;
    o.text("A retraining configuration");
    o.field("epochs", &R::epochs).within(1, limits::epochs).text("passes over the training data");
    o.field("data_fraction", &R::data_fraction)
        .above(0)
        .at_most(1)
        .text("part of the labelled sample and the exemplars that is trained on");
    o.field("layers", &R::layers).text("layers that change");
    o.field("batch_size", &R::batch_size).within(2, limits::batch_size).text("crops in a batch");
    o.field("head_width", &R::head_width)
        .within(0, limits::head_width)
        .text("neurons of the hidden layer before the classifier; 0 = no hidden layer");
    o.field("learning_rate", &R::learning_rate)
        .above(0)
        .at_most(limits::learning_rate)
        .text("learning rate at the start; it falls along a half cosine");
}

void describe(wire::Object<InferenceConfig>& o) {
    using R = InferenceConfig;
    o.text("An inference configuration");
    o.field("frame_stride", &R::frame_stride)
        .within(1, limits::frame_stride)
        .text("k, where every k-th frame is analysed");
    o.field("input_size", &R::input_size)
        .within(0, limits::side_pixels)
        .text("side of the network's input; 0 = as trained")
        .unit("pixels");
}

void describe(wire::Object<ConfigList>& o) {
    o.record("ekya.configs/1", "Retraining configurations to profile.");
    o.field("configs", &ConfigList::configs)
        .at_least_entries(1)
        .at_most_entries(limits::configurations)
        .text("the configurations");
}

void describe(wire::Object<StreamSource>& o) {
    using R = StreamSource;
    o.field("id", &R::id).format(wire::file_name).text("id of the stream, unique in the list");
    o.field("source", &R::source)
        .not_empty()
        .format(wire::plain_text)
        .text("video file, image directory, camera device or URL");
    o.field("annotations", &R::annotations)
        .format(wire::plain_text)
        .omit_default()
        .text("CSV file with the header frame,class,x0,y0,x1,y1; missing = not annotated");
    o.field("fps", &R::fps)
        .above(0)
        .at_most(1e6)
        .omit_default()
        .text("frames per second; missing = as the source says");
    o.field("classes", &R::classes)
        .at_least_entries(1)
        .at_most_entries(limits::classes)
        .unique()
        .format(wire::class_name)
        .omit_default()
        .text(
            "classes of this stream, two at least unless its task is detection; missing = those of "
            "the list");
    o.field("allow", &R::allow)
        .not_empty()
        .omit_default()
        .text(
            "what a playlist or a redirection of the source may lead to besides its own directory "
            "or host: directories, which have a slash, and hosts, with or without a port");
}

void describe(wire::Object<StreamList>& o) {
    using R = StreamList;
    o.record("ekya.streams/1", "A stream list. Paths are relative to the list's directory.");
    o.field("classes", &R::classes)
        .at_least_entries(1)
        .at_most_entries(limits::classes)
        .unique()
        .format(wire::class_name)
        .text("classes of all streams that name none, two at least unless the task is detection");
    o.field("streams", &R::streams)
        .at_least_entries(1)
        .at_most_entries(limits::streams)
        .text("the streams");
}

void describe(wire::Object<KeyPair>& o) {
    using R = KeyPair;
    o.record("ekya.key/1", "A CurveZMQ key of a program, public alone or with its secret part.");
    o.field("name", &R::name).format(wire::file_name).text("name of the program that owns the key");
    o.field("public_key", &R::public_key).length(40).text("public key in Z85");
    o.field("secret_key", &R::secret_key)
        .length(40)
        .omit_default()
        .text("secret key in Z85; only in files that their owner alone can read");
}

}  // namespace ekya
