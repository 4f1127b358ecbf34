// Configurations, boxes and lists that people write.
#include "describe_parts.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

void describe(wire::Object<Box>& o) {
    o.as_list();
    o.field("x0", &Box::x0).text("left edge").unit("pixels");
    o.field("y0", &Box::y0).text("upper edge").unit("pixels");
    o.field("x1", &Box::x1).text("right edge, exclusive").unit("pixels");
    o.field("y1", &Box::y1).text("lower edge, exclusive").unit("pixels");
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
    o.field("epochs", &R::epochs).at_least(1).text("passes over the training data");
    o.field("data_fraction", &R::data_fraction)
        .above(0)
        .at_most(1)
        .text("part of the labelled sample and the exemplars that is trained on");
    o.field("layers", &R::layers).text("layers that change");
    o.field("batch_size", &R::batch_size).at_least(2).text("crops in a batch");
    o.field("head_width", &R::head_width)
        .at_least(0)
        .text("neurons of the hidden layer before the classifier; 0 = no hidden layer");
    o.field("learning_rate", &R::learning_rate)
        .above(0)
        .text("learning rate at the start; it falls along a half cosine");
}

void describe(wire::Object<InferenceConfig>& o) {
    using R = InferenceConfig;
    o.text("An inference configuration");
    o.field("frame_stride", &R::frame_stride)
        .at_least(1)
        .text("k, where every k-th frame is analysed");
    o.field("input_size", &R::input_size)
        .at_least(0)
        .text("side of the network's input; 0 = as trained")
        .unit("pixels");
}

void describe(wire::Object<ConfigList>& o) {
    o.record("ekya.configs/1", "Retraining configurations to profile.");
    o.field("configs", &ConfigList::configs).at_least_entries(1).text("the configurations");
}

void describe(wire::Object<StreamSource>& o) {
    using R = StreamSource;
    o.field("id", &R::id).format(wire::file_name).text("id of the stream, unique in the list");
    o.field("source", &R::source)
        .not_empty()
        .text("video file, image directory, camera device or URL");
    o.field("annotations", &R::annotations)
        .omit_default()
        .text("CSV file with the header frame,class,x0,y0,x1,y1; missing = not annotated");
    o.field("fps", &R::fps)
        .above(0)
        .omit_default()
        .text("frames per second; missing = as the source says");
    o.field("classes", &R::classes)
        .at_least_entries(1)
        .unique()
        .not_empty()
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
        .unique()
        .not_empty()
        .text("classes of all streams that name none, two at least unless the task is detection");
    o.field("streams", &R::streams).at_least_entries(1).text("the streams");
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
