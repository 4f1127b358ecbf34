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

/// Where retrainings start; nothing if they start as usual.
void write_start(Json& parent, const RetrainingStart& start) {
    if (start == RetrainingStart{}) return;
    Json& json = parent["start"] = Json::object();
    if (!start.model.empty()) json["model"] = start.model;
    if (!start.stream.empty()) json["stream"] = start.stream;
    if (start.exemplars_from > 0) json["exemplars_from"] = start.exemplars_from;
}

RetrainingStart start_from(const Json& parent) {
    const Json json = parent.value("start", Json::object());
    return {json.value("model", ""), json.value("stream", ""), json.value("exemplars_from", 0)};
}

Json inference_list(const std::vector<InferenceEstimate>& list) {
    Json json = Json::array();
    for (const auto& entry : list)
        json.push_back({{"config", inference_json(entry.config)},
                        {"relative_accuracy", entry.relative_accuracy},
                        {"share", entry.share}});
    return json;
}

std::vector<InferenceEstimate> inference_list_from(const Json& json) {
    std::vector<InferenceEstimate> list;
    for (const auto& entry : json)
        list.push_back(
            {inference_from(entry.at("config")), entry.at("relative_accuracy"), entry.at("share")});
    return list;
}

void write_cached(Json& parent, const std::vector<CachedModel>& models) {
    for (const auto& model : models) {
        Json entry = {{"id", model.id}, {"accuracy", model.accuracy}};
        if (model.scene != Scene{}) entry["scene"] = scene_json(model.scene);
        parent["cached"].push_back(std::move(entry));
    }
}

std::vector<CachedModel> cached_from(const Json& parent) {
    std::vector<CachedModel> models;
    for (const auto& entry : parent.value("cached", Json::array()))
        models.push_back({entry.at("id"), entry.at("accuracy"), scene_from(entry)});
    return models;
}

/// The fields that all entries of `retraining` have.
template <typename Entry> Json retraining_json(const Entry& entry) {
    return {{"config", to_json_value(entry.config)},
            {"accuracy", entry.accuracy},
            {"device_seconds", entry.device_seconds}};
}

template <typename Entry> Entry retraining_from(const Json& json) {
    Entry entry;
    entry.config = retraining_config_from(json.at("config"));
    entry.accuracy = json.at("accuracy");
    entry.device_seconds = json.at("device_seconds");
    return entry;
}

std::optional<double> optional_member(const Json& json, const char* name) {
    return optional_from(json.value(name, Json(nullptr)));
}

}  // namespace

void Schema<PlanningInput>::write(Json& json, const PlanningInput& input) {
    json = {{"stream", input.stream},
            {"window", input.window},
            {"accuracy", input.accuracy},
            {"retraining", Json::array()},
            {"inference", inference_list(input.inference)}};
    for (const auto& option : input.retraining) {
        json["retraining"].push_back(retraining_json(option));
        if (!option.name.empty()) json["retraining"].back()["name"] = option.name;
    }
    if (input.scene != Scene{}) json["scene"] = scene_json(input.scene);
    write_cached(json, input.cached);
    write_start(json, input.start);
}

void Schema<PlanningInput>::read(const Json& json, PlanningInput& input) {
    input.stream = json.at("stream");
    input.window = json.at("window");
    input.accuracy = json.at("accuracy");
    for (const auto& entry : json.at("retraining")) {
        input.retraining.push_back(retraining_from<RetrainingOption>(entry));
        input.retraining.back().name = entry.value("name", "");
    }
    input.inference = inference_list_from(json.at("inference"));
    input.scene = scene_from(json);
    input.cached = cached_from(json);
    input.start = start_from(json);
}

void Schema<ProfileRecord>::write(Json& json, const ProfileRecord& p) {
    json = {{"stream", p.stream},
            {"window", p.window},
            {"accuracy", p.accuracy},
            {"retraining", Json::array()},
            {"inference", inference_list(p.inference)},
            {"profiling_seconds", p.profiling_seconds}};
    for (const auto& entry : p.retraining) {
        json["retraining"].push_back(retraining_json(entry));
        Json& written = json["retraining"].back();
        if (entry.accuracy_error) written["accuracy_error"] = *entry.accuracy_error;
        if (entry.accuracy_now) written["accuracy_now"] = *entry.accuracy_now;
        if (!entry.tried) written["tried"] = false;
    }
    if (p.scene != Scene{}) json["scene"] = scene_json(p.scene);
    write_cached(json, p.cached);
    if (p.drift) json["drift"] = drift_json(*p.drift);
    write_start(json, p.start);
    if (!p.model.empty()) json["model"] = p.model;
    if (!p.device.empty()) json["device"] = p.device;
    if (p.labels > 0) json["labels"] = p.labels;
    if (p.samples > 0) json["samples"] = p.samples;
    if (p.parent_accuracy) json["parent_accuracy"] = *p.parent_accuracy;
    if (p.expected_change != 0) json["expected_change"] = p.expected_change;
    if (p.correction != 0) json["correction"] = p.correction;
}

void Schema<ProfileRecord>::read(const Json& json, ProfileRecord& p) {
    p.stream = json.at("stream");
    p.window = json.at("window");
    p.accuracy = json.at("accuracy");
    p.profiling_seconds = json.at("profiling_seconds");
    for (const auto& entry : json.at("retraining")) {
        p.retraining.push_back(retraining_from<ProfiledRetraining>(entry));
        p.retraining.back().accuracy_error = optional_member(entry, "accuracy_error");
        p.retraining.back().accuracy_now = optional_member(entry, "accuracy_now");
        p.retraining.back().tried = entry.value("tried", true);
    }
    p.inference = inference_list_from(json.at("inference"));
    p.scene = scene_from(json);
    p.cached = cached_from(json);
    if (json.contains("drift")) p.drift = drift_from(json.at("drift"));
    p.start = start_from(json);
    p.model = json.value("model", "");
    p.device = json.value("device", "");
    p.labels = json.value("labels", 0);
    p.samples = json.value("samples", 0);
    p.parent_accuracy = optional_member(json, "parent_accuracy");
    p.expected_change = json.value("expected_change", 0.0);
    p.correction = json.value("correction", 0.0);
}

void Schema<Truth>::write(Json& json, const Truth& t) {
    json = {{"stream", t.stream},
            {"window", t.window},
            {"model", t.model},
            {"accuracy", t.accuracy},
            {"labels", t.labels},
            {"retraining", Json::array()},
            {"inference", inference_list(t.inference)},
            {"profiling_seconds", t.profiling_seconds}};
    if (t.accuracy_now) json["accuracy_now"] = *t.accuracy_now;
    for (const auto& entry : t.retraining) {
        json["retraining"].push_back(retraining_json(entry));
        Json& written = json["retraining"].back();
        if (!entry.accuracies.empty()) written["accuracies"] = entry.accuracies;
        if (entry.accuracy_error > 0) written["accuracy_error"] = entry.accuracy_error;
        if (entry.accuracy_now) written["accuracy_now"] = *entry.accuracy_now;
    }
    write_cached(json, t.cached);
    write_start(json, t.start);
    if (!t.device.empty()) json["device"] = t.device;
}

void Schema<Truth>::read(const Json& json, Truth& t) {
    t.stream = json.at("stream");
    t.window = json.at("window");
    t.model = json.at("model");
    t.accuracy = json.at("accuracy");
    t.accuracy_now = optional_member(json, "accuracy_now");
    t.labels = json.at("labels");
    t.profiling_seconds = json.at("profiling_seconds");
    for (const auto& entry : json.at("retraining")) {
        t.retraining.push_back(retraining_from<MeasuredRetraining>(entry));
        t.retraining.back().accuracies = entry.value("accuracies", std::vector<double>{});
        t.retraining.back().accuracy_error = entry.value("accuracy_error", 0.0);
        t.retraining.back().accuracy_now = optional_member(entry, "accuracy_now");
    }
    t.inference = inference_list_from(json.at("inference"));
    t.cached = cached_from(json);
    t.start = start_from(json);
    t.device = json.value("device", "");
}

namespace {

Json planned_json(const std::optional<PlannedRetraining>& retraining) {
    if (!retraining) return nullptr;
    Json json = {{"config", to_json_value(retraining->config)},
                 {"share", retraining->share},
                 {"expected_seconds", retraining->expected_seconds},
                 {"expected_accuracy", retraining->expected_accuracy}};
    if (retraining->start_seconds > 0) json["start_seconds"] = retraining->start_seconds;
    if (!retraining->name.empty()) json["name"] = retraining->name;
    if (retraining->elsewhere) json["elsewhere"] = true;
    write_start(json, retraining->start);
    return json;
}

std::optional<PlannedRetraining> planned_from(const Json& json) {
    if (json.is_null()) return {};
    PlannedRetraining retraining;
    retraining.config = retraining_config_from(json.at("config"));
    retraining.share = json.at("share");
    retraining.start_seconds = json.value("start_seconds", 0.0);
    retraining.expected_seconds = json.at("expected_seconds");
    retraining.expected_accuracy = json.at("expected_accuracy");
    retraining.name = json.value("name", "");
    retraining.elsewhere = json.value("elsewhere", false);
    retraining.start = start_from(json);
    return retraining;
}

Json step_json(const PlanStep& step) {
    Json json = {{"start", step.start},
                 {"inference", inference_json(step.inference)},
                 {"inference_share", step.inference_share},
                 {"retraining_share", step.retraining_share}};
    if (step.inference_gpu >= 0) json["inference_gpu"] = step.inference_gpu;
    if (step.retraining_gpu >= 0) json["retraining_gpu"] = step.retraining_gpu;
    return json;
}

PlanStep step_from(const Json& json) {
    return {json.at("start"),
            json.at("inference_share"),
            json.at("retraining_share"),
            inference_from(json.at("inference")),
            json.value("inference_gpu", -1),
            json.value("retraining_gpu", -1)};
}

}  // namespace

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
        streams.push_back({{"stream", s.stream},
                           {"retraining", planned_json(s.retraining)},
                           {"steps", Json::array()},
                           {"expected_accuracy", s.expected_accuracy}});
        for (const auto& step : s.steps) streams.back()["steps"].push_back(step_json(step));
        if (!s.cached.empty()) streams.back()["cached"] = s.cached;
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
        s.retraining = planned_from(entry.at("retraining"));
        for (const auto& step : entry.at("steps")) s.steps.push_back(step_from(step));
        s.expected_accuracy = entry.at("expected_accuracy");
        s.cached = entry.value("cached", "");
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
