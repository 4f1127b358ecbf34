// Models and the trainings that make them.
#include "describe_parts.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

void describe(wire::Object<Architecture>& o) {
    using R = Architecture;
    o.field("network", &R::network)
        .format(wire::plain_text)
        .text("name of the network, as ekya-train knows it");
    o.field("width", &R::width).above(0).text("multiplier of all channel counts");
    o.field("input_size", &R::input_size)
        .within(1, limits::side_pixels)
        .text("width of the input")
        .unit("pixels");
    o.field("input_height", &R::input_height)
        .within(0, limits::side_pixels)
        .omit_default()
        .text("height of the input; missing = it is square")
        .unit("pixels");
    o.field("task", &R::task)
        .one_of({"classification", "detection"})
        .omit_default()
        .text("what it is for; missing = classification");
    o.field("head_width", &R::head_width)
        .within(0, limits::head_width)
        .text("neurons of the hidden layer before the classifier; 0 = no hidden layer");
    o.field("classes", &R::classes)
        .within(1, static_cast<double>(limits::classes))
        .text("classes that it tells apart");
    o.field("place_width", &R::place_width)
        .within(0, limits::head_width)
        .omit_default()
        .text(
            "neurons of the head that see where in the frame the object is and how large; "
            "0 = the crop alone");
}

void describe(wire::Object<Preprocess>& o) {
    using R = Preprocess;
    o.field("fit", &R::fit)
        .one_of({"crop", "letterbox", "stretch"})
        .text(
            "crop: a square around an object is cut out; letterbox: the whole frame is scaled "
            "into the input, its aspect kept; stretch: not kept");
    o.field("normalisation", &R::normalisation)
        .one_of({"per_picture", "unit"})
        .omit_default()
        .text(
            "per_picture: each picture is brought to mean 0 and deviation 1; unit: levels are in "
            "[0, 1]");
    o.field("margin", &R::margin)
        .within(0, 1)
        .omit_default()
        .text("seen around a crop's box, as share of its longer side");
    o.field("size", &R::size)
        .within(8, limits::crop_pixels)
        .omit_default()
        .text("side of the crops as they are stored")
        .unit("pixels");
}

void describe(wire::Object<Promotion>& o) {
    using R = Promotion;
    o.field("promoted", &R::promoted).text("whether the model serves");
    o.field("against", &R::against)
        .format(wire::no_file_name)
        .text("id of the model that served then; empty = none did");
    o.field("held_out", &R::held_out)
        .at_least(0)
        .text("fresh labels that both models were compared on");
    o.field("won", &R::won)
        .at_least(0)
        .text("fresh labels that the new model alone answered rightly");
    o.field("lost", &R::lost)
        .at_least(0)
        .text("fresh labels that the old model alone answered rightly");
    o.field("exemplars", &R::exemplars)
        .at_least(0)
        .text("crops of earlier windows, trained on by neither, that both were compared on");
    o.field("exemplar_accuracy_before", &R::exemplar_accuracy_before)
        .within(0, 1)
        .nullable()
        .text("accuracy of the old model on the exemplars; null without any");
    o.field("exemplar_accuracy_after", &R::exemplar_accuracy_after)
        .within(0, 1)
        .nullable()
        .text("accuracy of the new model on the exemplars; null without any");
    o.field("reason", &R::reason).text("what decided, in words");
}

void describe(wire::Object<ModelCard>& o) {
    using R = ModelCard;
    o.record("ekya.model/1", "The card of a stored model.");
    o.field("id", &R::id).format(wire::file_name).text("id of the model, unique in the stream");
    wire::stream_field(o, &R::stream);
    o.field("window", &R::window)
        .within(-1, limits::window)
        .text("retraining window that it was trained in; -1 = base model");
    o.field("architecture", &R::architecture).text("the network");
    o.field("preprocess", &R::preprocess)
        .omit_default()
        .text("what is done to a frame before the network sees it; missing = crops of 32 pixels");
    o.field("classes", &R::classes)
        .at_least_entries(1)
        .at_most_entries(limits::classes)
        .format(wire::class_name)
        .text("class of each output, in order");
    o.field("config", &R::config).text("retraining configuration that it was trained with");
    o.field("parent", &R::parent)
        .format(wire::no_file_name)
        .text("id of the model that it started from; empty = random weights");
    o.field("data_windows", &R::data_windows).at_least(0).text("windows whose labels were used");
    o.field("labels", &R::labels).at_least(0).text("fresh labelled crops that it trained on");
    o.field("exemplars", &R::exemplars)
        .at_least(0)
        .text("crops of earlier windows that it trained on");
    o.field("held_out", &R::held_out)
        .at_least(0)
        .text("labels kept for measuring the accuracy; of detection objects");
    o.field("accuracy", &R::accuracy)
        .within(0, 1)
        .nullable()
        .text("accuracy on the held-out labels, of detection F1 at IoU 0.3; null = not measured");
    o.field("min_score", &R::min_score)
        .within(0, 1)
        .text("detection: boxes with a lower score are no answers");
    o.field("parent_accuracy", &R::parent_accuracy)
        .within(0, 1)
        .nullable()
        .text("accuracy of the parent on the same labels; null = not measured");
    o.field("final_loss", &R::final_loss).text("mean loss of the last epoch");
    o.field("device_seconds", &R::device_seconds)
        .at_least(0)
        .text("used by the training (measured)")
        .unit("device-seconds");
    o.field("seconds", &R::seconds)
        .at_least(0)
        .text("wall-clock time of the training (measured)")
        .unit("seconds");
    o.field("seed", &R::seed).text("seed of the training");
    o.field("parameters", &R::parameters).at_least(0).text("weights of the network");
    o.field("macs", &R::macs)
        .at_least(0)
        .text(
            "multiply-accumulates of convolutions and linear layers per crop; missing = not "
            "counted");
    o.field("sha256", &R::sha256).format(wire::sha256_hex).text("SHA-256 of the weights file");
    o.field("promotion", &R::promotion)
        .text(
            "whether it was let serve in place of the model that served then; missing = a base "
            "model, or not recorded");
    o.field("serving", &R::serving)
        .one_of({"now", "before"})
        .omit_default()
        .text("in listings of ekya-models: whether it serves; missing = it does not");
    o.field("parent_stream", &R::parent_stream)
        .format(wire::file_name)
        .omit_default()
        .text("id of the stream whose model the parent is; missing = this stream");
    o.field("distillation", &R::distillation)
        .at_least(0)
        .below(1)
        .omit_default()
        .text("weight of staying near the parent's answers; 0 = off");
    o.field("mixed_precision", &R::mixed_precision)
        .omit_default()
        .text("trained with products in bfloat16");
    o.field("bfloat16_accuracy", &R::bfloat16_accuracy)
        .within(0, 1)
        .text(
            "like accuracy, computed in bfloat16; it serves so if this is no more than 0.005 "
            "lower and the device multiplies bfloat16 itself; missing = not measured");
    o.field("epochs_run", &R::epochs_run)
        .at_least(1)
        .text(
            "epochs that were run, the last maybe in part, if the training was ended before all "
            "of the configuration");
    o.check([](const R& card, const wire::Path& at) {
        if (card.architecture.classes == static_cast<int>(card.classes.size())) return;
        const wire::Path architecture(at, "architecture");
        wire::Path(architecture, "classes")
            .refuse(std::to_string(card.architecture.classes) + ", but " +
                    std::to_string(card.classes.size()) + " classes are named");
    });
}

void describe(wire::Object<RetrainingProgress>& o) {
    using R = RetrainingProgress;
    o.record("ekya.progress/1", "A training's progress, one record per epoch.");
    wire::stream_field(o, &R::stream);
    o.field("window", &R::window)
        .within(-1, limits::window)
        .text("retraining window of the training; -1 = base model");
    o.field("model", &R::model).format(wire::file_name).text("id of the model");
    o.field("epoch", &R::epoch).at_least(0).text("index of the epoch, from 1");
    o.field("epochs", &R::epochs).at_least(0).text("epochs planned");
    o.field("loss", &R::loss).text("mean loss of the epoch");
    o.field("learning_rate", &R::learning_rate).at_least(0).text("learning rate of the epoch");
    o.field("accuracy", &R::accuracy)
        .within(0, 1)
        .nullable()
        .text("accuracy on the held-out labels; null = not measured");
    o.field("seconds", &R::seconds)
        .at_least(0)
        .text("wall-clock time of the epoch, without its accuracy check (measured)")
        .unit("seconds");
}

}  // namespace ekya
