// The JSON form of the records that stages hand to each other.
#include "ekya/wire/records.hpp"

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "json_parts.hpp"

namespace ekya {

std::string read_text_for_record(const std::filesystem::path& file) { return read_file(file); }

Json to_json_value(const RetrainingConfig& config) {
    return {{"epochs", config.epochs},
            {"data_fraction", config.data_fraction},
            {"layers", to_string(config.layers)},
            {"batch_size", config.batch_size},
            {"head_width", config.head_width},
            {"learning_rate", config.learning_rate}};
}

RetrainingConfig retraining_config_from(const Json& json) {
    RetrainingConfig config;
    config.epochs = json.at("epochs");
    config.data_fraction = json.at("data_fraction");
    config.layers = trained_layers_from(json.at("layers"));
    config.batch_size = json.at("batch_size");
    config.head_width = json.at("head_width");
    config.learning_rate = json.at("learning_rate");
    return config;
}

void Schema<WindowManifest>::write(Json& json, const WindowManifest& m) {
    json = {{"stream", m.stream},
            {"window", m.window},
            {"start", m.start},
            {"end", m.end},
            {"complete", m.complete},
            {"last", m.last},
            {"width", m.width},
            {"height", m.height},
            {"crop_size", m.crop_size},
            {"crops", m.crops},
            {"objects_from", m.objects_from},
            {"damaged_packets", m.damaged_packets},
            {"gaps", m.gaps},
            {"first_frame", m.first_frame},
            {"end_frame", m.end_frame}};
    Json& frames = json["frames"] = Json::array();
    for (const auto& frame : m.frames) {
        Json objects = Json::array();
        for (const auto& object : frame.objects)
            objects.push_back({{"box", box_json(object.box)}, {"crop", object.crop}});
        frames.push_back(
            {{"frame", frame.frame}, {"time", frame.time}, {"objects", std::move(objects)}});
        if (!frame.image.empty()) frames.back()["image"] = frame.image;
    }
}

void Schema<WindowManifest>::read(const Json& json, WindowManifest& m) {
    m.stream = json.at("stream");
    m.window = json.at("window");
    m.start = json.at("start");
    m.end = json.at("end");
    m.complete = json.at("complete");
    m.last = json.value("last", false);
    m.width = json.at("width");
    m.height = json.at("height");
    m.crop_size = json.at("crop_size");
    m.crops = json.at("crops");
    m.objects_from = json.at("objects_from");
    m.damaged_packets = json.at("damaged_packets");
    m.gaps = json.at("gaps").get<std::vector<std::string>>();
    m.first_frame = json.at("first_frame");
    m.end_frame = json.at("end_frame");
    for (const auto& entry : json.at("frames")) {
        FrameObjects frame;
        frame.frame = entry.at("frame");
        frame.time = entry.at("time");
        frame.image = entry.value("image", "");
        for (const auto& object : entry.at("objects"))
            frame.objects.push_back({box_from(object.at("box")), object.at("crop")});
        m.frames.push_back(std::move(frame));
    }
}

void Schema<LabelSet>::write(Json& json, const LabelSet& set) {
    json = {{"stream", set.stream},     {"window", set.window},     {"teacher", set.teacher},
            {"fraction", set.fraction}, {"complete", set.complete}, {"seconds", set.seconds}};
    Json& labels = json["labels"] = Json::array();
    for (const auto& label : set.labels) {
        labels.push_back(
            {{"crop", label.crop}, {"class", label.class_name}, {"score", label.score}});
        if (!label.uniform) labels.back()["uniform"] = false;
        if (label.weight != (label.uniform ? 1 : 0)) labels.back()["weight"] = label.weight;
    }
}

void Schema<LabelSet>::read(const Json& json, LabelSet& set) {
    set.stream = json.at("stream");
    set.window = json.at("window");
    set.teacher = json.at("teacher");
    set.fraction = json.at("fraction");
    set.complete = json.at("complete");
    set.seconds = json.at("seconds");
    for (const auto& label : json.at("labels")) {
        const bool uniform = label.value("uniform", true);
        set.labels.push_back({label.at("crop"), label.at("class"), label.at("score"), uniform,
                              label.value("weight", uniform ? 1.0 : 0.0)});
    }
}

namespace {

/// Only what is known.
Json scene_json(const Scene& scene) {
    Json json = Json::object();
    if (!scene.class_shares.empty()) json["class_shares"] = scene.class_shares;
    if (scene.hour) json["hour"] = *scene.hour;
    if (scene.objects_per_frame) json["objects_per_frame"] = *scene.objects_per_frame;
    if (!scene.place.empty()) json["place"] = scene.place;
    return json;
}

/// @param parent has the scene, or not
Scene scene_from(const Json& parent) {
    Scene scene;
    const auto found = parent.find("scene");
    if (found == parent.end()) return scene;
    if (found->contains("class_shares"))
        scene.class_shares = found->at("class_shares").get<std::map<std::string, double>>();
    if (found->contains("hour")) scene.hour = found->at("hour").get<double>();
    if (found->contains("objects_per_frame"))
        scene.objects_per_frame = found->at("objects_per_frame").get<double>();
    scene.place = found->value("place", "");
    return scene;
}

/// Only what is known.
Json drift_json(const Drift& drift) {
    Json json = {{"drifted", drift.drifted}};
    const auto put = [&](const char* name, const std::optional<double>& value) {
        if (value) json[name] = *value;
    };
    put("accuracy_fall", drift.accuracy_fall);
    put("fall_probability", drift.fall_probability);
    put("class_distance", drift.class_distance);
    put("chance_distance", drift.chance_distance);
    put("feature_distance", drift.feature_distance);
    return json;
}

Drift drift_from(const Json& json) {
    const auto get = [&](const char* name) {
        return optional_from(json.value(name, Json(nullptr)));
    };
    return {json.at("drifted"),    get("accuracy_fall"),   get("fall_probability"),
            get("class_distance"), get("chance_distance"), get("feature_distance")};
}

/// Where a retraining starts, in an estimate or a planned retraining; nothing where it starts as
/// usual.
template <typename Record> void write_start(Json& json, const Record& record) {
    if (!record.start_model.empty()) json["start_model"] = record.start_model;
    if (!record.start_stream.empty()) json["start_stream"] = record.start_stream;
    if (record.exemplars_from > 0) json["exemplars_from"] = record.exemplars_from;
}

template <typename Record> void read_start(const Json& json, Record& record) {
    record.start_model = json.value("start_model", "");
    record.start_stream = json.value("start_stream", "");
    record.exemplars_from = json.value("exemplars_from", 0);
}

}  // namespace

void Schema<StreamEstimate>::write(Json& json, const StreamEstimate& e) {
    json = {{"stream", e.stream},
            {"window", e.window},
            {"accuracy", e.accuracy},
            {"profiling_seconds", e.profiling_seconds}};
    Json& retraining = json["retraining"] = Json::array();
    for (const auto& entry : e.retraining) {
        retraining.push_back({{"config", to_json_value(entry.config)},
                              {"accuracy", entry.accuracy},
                              {"device_seconds", entry.device_seconds}});
        if (!entry.name.empty()) retraining.back()["name"] = entry.name;
        if (entry.accuracy_error) retraining.back()["accuracy_error"] = *entry.accuracy_error;
        if (entry.accuracy_now) retraining.back()["accuracy_now"] = *entry.accuracy_now;
        if (!entry.accuracies.empty()) retraining.back()["accuracies"] = entry.accuracies;
        if (!entry.tried) retraining.back()["tried"] = false;
    }
    Json& inference = json["inference"] = Json::array();
    for (const auto& entry : e.inference)
        inference.push_back({{"config", inference_json(entry.config)},
                             {"relative_accuracy", entry.relative_accuracy},
                             {"share", entry.share}});
    if (e.scene != Scene{}) json["scene"] = scene_json(e.scene);
    for (const auto& model : e.cached) {
        Json entry = {{"id", model.id}, {"accuracy", model.accuracy}};
        if (model.scene != Scene{}) entry["scene"] = scene_json(model.scene);
        json["cached"].push_back(std::move(entry));
    }
    if (e.drift) json["drift"] = drift_json(*e.drift);
    write_start(json, e);
    if (!e.model.empty()) json["model"] = e.model;
    if (!e.device.empty()) json["device"] = e.device;
    if (e.labels > 0) json["labels"] = e.labels;
    if (e.samples > 0) json["samples"] = e.samples;
    if (e.parent_accuracy) json["parent_accuracy"] = *e.parent_accuracy;
    if (e.expected_change != 0) json["expected_change"] = e.expected_change;
    if (e.correction != 0) json["correction"] = e.correction;
    if (e.measured) json["measured"] = true;
}

void Schema<StreamEstimate>::read(const Json& json, StreamEstimate& e) {
    e.stream = json.at("stream");
    e.window = json.at("window");
    e.accuracy = json.at("accuracy");
    e.profiling_seconds = json.at("profiling_seconds");
    for (const auto& entry : json.at("retraining")) {
        e.retraining.push_back({retraining_config_from(entry.at("config")), entry.at("accuracy"),
                                entry.at("device_seconds"), entry.value("name", "")});
        if (entry.contains("accuracy_error"))
            e.retraining.back().accuracy_error = entry.at("accuracy_error").get<double>();
        if (entry.contains("accuracy_now"))
            e.retraining.back().accuracy_now = entry.at("accuracy_now").get<double>();
        e.retraining.back().tried = entry.value("tried", true);
        e.retraining.back().accuracies = entry.value("accuracies", std::vector<double>{});
    }
    for (const auto& entry : json.at("inference"))
        e.inference.push_back(
            {inference_from(entry.at("config")), entry.at("relative_accuracy"), entry.at("share")});
    e.scene = scene_from(json);
    for (const auto& entry : json.value("cached", Json::array()))
        e.cached.push_back({entry.at("id"), entry.at("accuracy"), scene_from(entry)});
    if (json.contains("drift")) e.drift = drift_from(json.at("drift"));
    read_start(json, e);
    e.model = json.value("model", "");
    e.device = json.value("device", "");
    e.labels = json.value("labels", 0);
    e.samples = json.value("samples", 0);
    if (json.contains("parent_accuracy"))
        e.parent_accuracy = json.at("parent_accuracy").get<double>();
    e.expected_change = json.value("expected_change", 0.0);
    e.correction = json.value("correction", 0.0);
    e.measured = json.value("measured", false);
}

void Schema<Plan>::write(Json& json, const Plan& p) {
    json = {{"policy", p.policy},
            {"window", p.window},
            {"gpus", p.gpus},
            {"horizon", p.horizon},
            {"min_accuracy", p.min_accuracy},
            {"mean_accuracy", p.mean_accuracy},
            {"decision_seconds", p.decision_seconds},
            {"violations", p.violations}};
    if (p.elapsed > 0) json["elapsed"] = p.elapsed;
    if (p.bound) json["bound"] = *p.bound;
    Json& streams = json["streams"] = Json::array();
    for (const auto& s : p.streams) {
        Json retraining;
        if (s.retraining)
            retraining = {{"config", to_json_value(s.retraining->config)},
                          {"share", s.retraining->share},
                          {"expected_seconds", s.retraining->expected_seconds},
                          {"expected_accuracy", s.retraining->expected_accuracy}};
        streams.push_back({{"stream", s.stream},
                           {"retraining", std::move(retraining)},
                           {"inference", inference_json(s.inference)},
                           {"inference_share", s.inference_share},
                           {"inference_after", inference_json(s.inference_after)},
                           {"inference_share_after", s.inference_share_after},
                           {"expected_accuracy", s.expected_accuracy}});
        if (s.retraining && !s.retraining->name.empty())
            streams.back()["retraining"]["name"] = s.retraining->name;
        if (s.retraining) write_start(streams.back()["retraining"], *s.retraining);
        if (s.retraining && s.retraining->elsewhere) {
            streams.back()["retraining"]["elsewhere"] = true;
            streams.back()["retraining"]["start_seconds"] = s.retraining->start_seconds;
        }
        if (!s.cached.empty()) streams.back()["cached"] = s.cached;
        // Where shares change just once, with the end of a retraining that starts at once, the
        // fields above say it all.
        if (s.steps.empty() || s.steps == simple_steps(s)) continue;
        Json& entry = streams.back();
        if (s.retraining) entry["retraining"]["start_seconds"] = s.retraining->start_seconds;
        for (const auto& step : s.steps) {
            entry["steps"].push_back({{"start", step.start},
                                      {"inference", inference_json(step.inference)},
                                      {"inference_share", step.inference_share},
                                      {"retraining_share", step.retraining_share}});
            if (step.inference_gpu >= 0)
                entry["steps"].back()["inference_gpu"] = step.inference_gpu;
            if (step.retraining_gpu >= 0)
                entry["steps"].back()["retraining_gpu"] = step.retraining_gpu;
        }
    }
    if (const auto& placement = p.placement)
        json["placement"] = {{"moves", placement->moves},
                             {"granted_device_seconds", placement->granted_device_seconds},
                             {"lost_device_seconds", placement->lost_device_seconds},
                             {"lost_accuracy", placement->lost_accuracy}};
}

void Schema<Plan>::read(const Json& json, Plan& p) {
    if (json.contains("bound")) p.bound = json.at("bound").get<double>();
    p.policy = json.at("policy");
    p.window = json.at("window");
    p.gpus = json.at("gpus");
    p.horizon = json.at("horizon");
    p.elapsed = json.value("elapsed", 0.0);
    p.min_accuracy = json.at("min_accuracy");
    p.mean_accuracy = json.at("mean_accuracy");
    p.decision_seconds = json.at("decision_seconds");
    p.violations = json.at("violations").get<std::vector<std::string>>();
    for (const auto& entry : json.at("streams")) {
        StreamPlan s;
        s.stream = entry.at("stream");
        if (const Json& r = entry.at("retraining"); !r.is_null()) {
            s.retraining = {retraining_config_from(r.at("config")),
                            r.at("share"),
                            r.at("expected_seconds"),
                            r.at("expected_accuracy"),
                            r.value("start_seconds", 0.0),
                            r.value("name", ""),
                            r.value("elsewhere", false)};
            read_start(r, *s.retraining);
        }
        s.inference = inference_from(entry.at("inference"));
        s.inference_share = entry.at("inference_share");
        s.inference_after = inference_from(entry.at("inference_after"));
        s.inference_share_after = entry.at("inference_share_after");
        s.expected_accuracy = entry.at("expected_accuracy");
        s.cached = entry.value("cached", "");
        if (!entry.contains("steps")) s.steps = simple_steps(s);
        for (const auto& step : entry.value("steps", Json::array()))
            s.steps.push_back({step.at("start"), step.at("inference_share"),
                               step.at("retraining_share"), inference_from(step.at("inference")),
                               step.value("inference_gpu", -1), step.value("retraining_gpu", -1)});
        p.streams.push_back(std::move(s));
    }
    if (json.contains("placement")) {
        const Json& placement = json.at("placement");
        p.placement = {placement.at("moves"), placement.at("granted_device_seconds"),
                       placement.at("lost_device_seconds"), placement.at("lost_accuracy")};
    }
}

namespace {

Json promotion_json(const Promotion& p) {
    return {{"promoted", p.promoted},
            {"against", p.against},
            {"held_out", p.held_out},
            {"won", p.won},
            {"lost", p.lost},
            {"exemplars", p.exemplars},
            {"exemplar_accuracy_before", optional_json(p.exemplar_accuracy_before)},
            {"exemplar_accuracy_after", optional_json(p.exemplar_accuracy_after)},
            {"reason", p.reason}};
}

Promotion promotion_from(const Json& json) {
    return {json.at("promoted"),
            json.at("against"),
            json.at("held_out"),
            json.at("won"),
            json.at("lost"),
            json.at("exemplars"),
            optional_from(json.at("exemplar_accuracy_before")),
            optional_from(json.at("exemplar_accuracy_after")),
            json.at("reason")};
}

}  // namespace

void Schema<ModelCard>::write(Json& json, const ModelCard& c) {
    json = {{"id", c.id},
            {"stream", c.stream},
            {"window", c.window},
            {"classes", c.classes},
            {"config", to_json_value(c.config)},
            {"parent", c.parent},
            {"data_windows", c.data_windows},
            {"labels", c.labels},
            {"exemplars", c.exemplars},
            {"held_out", c.held_out},
            {"accuracy", optional_json(c.accuracy)},
            {"parent_accuracy", optional_json(c.parent_accuracy)},
            {"final_loss", c.final_loss},
            {"device_seconds", c.device_seconds},
            {"seconds", c.seconds},
            {"seed", c.seed},
            {"parameters", c.parameters},
            {"sha256", c.sha256}};
    if (c.macs) json["macs"] = *c.macs;
    json["architecture"] = {{"network", c.architecture.network},
                            {"width", c.architecture.width},
                            {"input_size", c.architecture.input_size},
                            {"head_width", c.architecture.head_width},
                            {"classes", c.architecture.classes}};
    if (c.architecture.place_width > 0)
        json["architecture"]["place_width"] = c.architecture.place_width;
    if (!c.parent_stream.empty()) json["parent_stream"] = c.parent_stream;
    if (c.distillation > 0) json["distillation"] = c.distillation;
    if (c.mixed_precision) json["mixed_precision"] = true;
    if (c.epochs_run) json["epochs_run"] = *c.epochs_run;
    if (c.promotion) json["promotion"] = promotion_json(*c.promotion);
}

void Schema<ModelCard>::read(const Json& json, ModelCard& c) {
    c.id = json.at("id");
    c.stream = json.at("stream");
    c.window = json.at("window");
    const Json& a = json.at("architecture");
    c.architecture = {a.at("network"),    a.at("width"),   a.at("input_size"),
                      a.at("head_width"), a.at("classes"), a.value("place_width", 0)};
    c.classes = json.at("classes").get<std::vector<std::string>>();
    c.config = retraining_config_from(json.at("config"));
    c.parent = json.at("parent");
    c.data_windows = json.at("data_windows").get<std::vector<int>>();
    c.labels = json.at("labels");
    c.exemplars = json.at("exemplars");
    c.held_out = json.at("held_out");
    c.accuracy = optional_from(json.at("accuracy"));
    c.parent_accuracy = optional_from(json.at("parent_accuracy"));
    c.final_loss = json.at("final_loss");
    c.device_seconds = json.at("device_seconds");
    c.seconds = json.at("seconds");
    c.seed = json.at("seed");
    c.parameters = json.at("parameters");
    if (const auto macs = json.find("macs"); macs != json.end()) c.macs = macs->get<std::int64_t>();
    c.sha256 = json.at("sha256");
    c.parent_stream = json.value("parent_stream", "");
    c.distillation = json.value("distillation", 0.0);
    c.mixed_precision = json.value("mixed_precision", false);
    if (json.contains("epochs_run")) c.epochs_run = json.at("epochs_run").get<int>();
    if (json.contains("promotion")) c.promotion = promotion_from(json.at("promotion"));
    if (c.architecture.classes != static_cast<int>(c.classes.size()))
        throw InputError("model " + c.id + ": /architecture/classes is " +
                         std::to_string(c.architecture.classes) + " but " +
                         std::to_string(c.classes.size()) + " classes are named");
}

}  // namespace ekya
