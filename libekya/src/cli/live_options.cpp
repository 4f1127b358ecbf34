#include "ekya/cli/live_options.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"
#include "ekya/wire/stream_list.hpp"

namespace ekya::cli {
namespace {

void add_base_model(CLI::App& app, LiveToolOptions& o) {
    const std::string group = "Base model";
    app.add_option("--base-epochs", o.base.epochs,
                   "epochs of the base model's training (default: 30; of detection 100)")
        ->check(CLI::Range(1, 10000))
        ->group(group);
    app.add_option("--base-learning-rate", o.base.learning_rate, "its learning rate (default: 0.1)")
        ->check(CLI::PositiveNumber)
        ->group(group);
    app.add_option("--base-fraction", o.base_fraction,
                   "part of the bootstrap windows' objects that is labelled [as --fraction]")
        ->check(CLI::Range(0.0, 1.0))
        ->group(group);
    app.add_option("--network", o.base.network,
                   "resnet18, mobilenet_v2, shufflenet_v2; of detection also fastestdet")
        ->check(CLI::IsMember({"resnet18", "mobilenet_v2", "shufflenet_v2", "fastestdet"}))
        ->capture_default_str()
        ->group(group);
    app.add_option("--width", o.base.width,
                   "width multiplier of the network (default: 0.25; of detection 0.125)")
        ->check(CLI::PositiveNumber)
        ->group(group);
    app.add_option("--place-width", o.base.place_width,
                   "neurons of its head that see where in the frame an object is, 0 = none "
                   "(default: 32; detection has none)")
        ->check(CLI::NonNegativeNumber)
        ->group(group);
    app.add_option("--input-size", o.base.input_size,
                   "of the network, in pixels (default: as --crop-size; of detection the width, "
                   "320 or the frames')")
        ->check(CLI::Range(16, 2048))
        ->group(group);
}

/// Whether users gave this option themselves, with this value.
bool gives(const std::vector<std::string>& words, const std::string& option,
           const std::string& value = {}) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == option &&
            (value.empty() || (i + 1 < words.size() && words[i + 1] == value)))
            return true;
        if (words[i].rfind(option + "=" + value, 0) == 0) return true;
    }
    return false;
}

bool is_bare(const StreamSource& stream) { return stream.annotations.empty(); }

/// Whether the golden model finds objects itself: an ONNX file that is not said to be a classifier.
bool is_detector(const StageOptions& stages) {
    return stages.teacher.ends_with(".onnx") && !gives(stages.label_options, "--names") &&
           !gives(stages.label_options, "--teacher-kind", "classifier");
}

void choose_objects(LiveToolOptions& o) {
    if (o.task == "detection" && o.objects == "auto") o.objects = "model";
    if ((o.task == "detection") != (o.objects == "model"))
        throw ConfigError("--objects: model goes with --task detection, and only with that");
    if (o.objects == "model" || !is_detector(o.window.stages)) return;
    const auto streams = read_stream_list(o.window.streams.list);
    if (o.objects == "auto" && std::all_of(streams.begin(), streams.end(), is_bare))
        o.objects = "detector";
    if (o.objects != "detector") return;
    auto& words = o.ingest_options;
    if (!gives(words, "--detector"))
        words.insert(words.end(), {"--detector", o.window.stages.teacher});
    if (!gives(words, "--keep-frames")) words.insert(words.end(), {"--keep-frames", "jpg"});
}

/// What the windows of a task leave open, ekya-train knows; these are of crops.
void complete_base(LiveToolOptions& o) {
    auto& base = o.base;
    const bool detects = o.task == "detection";
    if (base.input_size && (detects ? *base.input_size < 64 : *base.input_size > 224))
        throw ConfigError(std::string("--input-size: ") +
                          (detects ? "64 or more is needed for detection"
                                   : "224 or less is needed for classification"));
    if (!detects && base.network == "fastestdet")
        throw ConfigError("--network: fastestdet goes with --task detection");
    if (detects) return;
    base.epochs = base.epochs.value_or(30);
    base.learning_rate = base.learning_rate.value_or(0.1);
    base.input_size = base.input_size.value_or(base.crop_size);
}

}  // namespace

void require_golden_model(const LiveToolOptions& o) {
    if (o.window.stages.teacher != "annotations") return;
    const auto streams =
        select_streams(read_stream_list(o.window.streams.list), o.window.streams.ids);
    const auto bare = std::find_if(streams.begin(), streams.end(), is_bare);
    if (bare != streams.end())
        throw ConfigError("--teacher: stream " + bare->id +
                          " has no annotations; name a golden model");
}

void add(CLI::App& app, LiveToolOptions& o) {
    add(app, o.window);
    app.add_option("--window", o.seconds, "length of a retraining window in seconds of video")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    add_recording(app, o);
}

void add_recording(CLI::App& app, LiveToolOptions& o) {
    app.add_option("--bootstrap", o.base.windows,
                   "windows that a stream's base model is trained on, its first ones")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--crop-size", o.base.crop_size, "side of the object crops, pixels")
        ->check(CLI::Range(16, 224))
        ->capture_default_str()
        ->group("Stages");
    app.add_option(
           "--task", o.task,
           "what models are for: classification (objects whose boxes are known are named) or "
           "detection (they are found and named: --objects model)")
        ->check(CLI::IsMember({"classification", "detection"}))
        ->capture_default_str()
        ->group("Stages");
    app.add_option("--objects", o.objects, "where boxes come from (see ekya-ingest --help)")
        ->capture_default_str()
        ->group("Stages");
    app.add_option("--ingest-option", o.ingest_options,
                   "further option for ekya-ingest, repeatable, e.g. "
                   "--ingest-option=--keep-frames=jpg")
        ->allow_extra_args(false)
        ->group("Stages");
    add_base_model(app, o);
}

void complete(LiveToolOptions& o) {
    complete(o.window);
    choose_objects(o);
    o.ingest_options.insert(o.ingest_options.begin(), {"--objects", o.objects});
    complete_base(o);
    o.base.fraction = o.base_fraction >= 0 ? o.base_fraction : o.window.stages.fraction;
    o.base.seconds = o.seconds;
    o.base.ingest_options = o.ingest_options;
    o.base.stages = o.window.stages;
}

ProgramOptions program_options(const LiveToolOptions& o, const std::filesystem::path& store) {
    return {store, o.seconds, o.base.crop_size, o.ingest_options, {}, o.window.stages};
}

}  // namespace ekya::cli
