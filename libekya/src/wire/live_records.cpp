// The JSON form of the records of a running window: frames, answers, accuracies, control, keys,
// retrainings.
#include <array>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"
#include "json_parts.hpp"

namespace ekya {
namespace {

using Kind = ControlRequest::Kind;
constexpr std::array<std::pair<Kind, const char*>, 4> kinds{
    {{Kind::swap, "swap"}, {Kind::set, "set"}, {Kind::status, "status"}, {Kind::stop, "stop"}}};

using Event = RetrainingEvent::Kind;
constexpr std::array<std::pair<Event, const char*>, 5> events{{{Event::start, "start"},
                                                               {Event::share, "share"},
                                                               {Event::finish, "finish"},
                                                               {Event::skip, "skip"},
                                                               {Event::end, "end"}}};

using Happening = InferenceEvent::Kind;
constexpr std::array<std::pair<Happening, const char*>, 4> happenings{
    {{Happening::swap, "swap"},
     {Happening::refused, "refused"},
     {Happening::behind, "behind"},
     {Happening::caught_up, "caught_up"}}};

template <typename T> std::optional<T> field(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found == json.end() ? std::nullopt : std::optional<T>(found->get<T>());
}

}  // namespace

void Schema<FrameHeader>::write(Json& json, const FrameHeader& h) {
    json = {{"stream", h.stream}, {"window", h.window}, {"frame", h.frame}, {"time", h.time},
            {"width", h.width},   {"height", h.height}, {"format", "bgr24"}};
    Json& boxes = json["boxes"] = Json::array();
    for (const auto& box : h.boxes) boxes.push_back(box_json(box));
}

void Schema<FrameHeader>::read(const Json& json, FrameHeader& h) {
    h.stream = json.at("stream");
    h.window = json.at("window");
    h.frame = json.at("frame");
    h.time = json.at("time");
    h.width = json.at("width");
    h.height = json.at("height");
    for (const auto& box : json.at("boxes")) h.boxes.push_back(box_from(box));
}

void Schema<WindowEnd>::write(Json& json, const WindowEnd& e) {
    json = {{"stream", e.stream},
            {"window", e.window},
            {"first_frame", e.first_frame},
            {"end_frame", e.end_frame},
            {"seconds", e.seconds},
            {"complete", e.complete},
            {"last", e.last}};
}

void Schema<WindowEnd>::read(const Json& json, WindowEnd& e) {
    e.stream = json.at("stream");
    e.window = json.at("window");
    e.first_frame = json.at("first_frame");
    e.end_frame = json.at("end_frame");
    e.seconds = json.at("seconds");
    e.complete = json.at("complete");
    e.last = json.at("last");
}

void Schema<FrameAnswer>::write(Json& json, const FrameAnswer& a) {
    json = {{"stream", a.stream},     {"window", a.window}, {"frame", a.frame},    {"time", a.time},
            {"analysed", a.analysed}, {"model", a.model},   {"latency", a.latency}};
    if (a.input_size > 0) json["input_size"] = a.input_size;
    if (a.behind) json["behind"] = true;
    Json& objects = json["objects"] = Json::array();
    for (const auto& object : a.objects)
        objects.push_back(
            {{"box", box_json(object.box)}, {"class", object.class_name}, {"score", object.score}});
}

void Schema<FrameAnswer>::read(const Json& json, FrameAnswer& a) {
    a.stream = json.at("stream");
    a.window = json.at("window");
    a.frame = json.at("frame");
    a.time = json.at("time");
    a.analysed = json.at("analysed");
    a.model = json.at("model");
    a.input_size = json.value("input_size", 0);
    a.behind = json.value("behind", false);
    a.latency = json.at("latency");
    for (const auto& object : json.at("objects"))
        a.objects.push_back({box_from(object.at("box")), object.at("class"), object.at("score")});
}

void Schema<WindowAccuracy>::write(Json& json, const WindowAccuracy& a) {
    json = {{"stream", a.stream},
            {"window", a.window},
            {"complete", a.complete},
            {"seconds", a.seconds},
            {"frames", a.frames},
            {"seen", a.seen},
            {"analysed", a.analysed},
            {"lost", a.lost},
            {"objects", a.objects},
            {"correct", a.correct},
            {"accuracy", optional_json(a.accuracy)},
            {"device_seconds", a.device_seconds},
            {"latency_p50", a.latency_p50},
            {"latency_p99", a.latency_p99},
            {"skipped", a.skipped}};
    Json& models = json["models"] = Json::array();
    for (const auto& m : a.models)
        models.push_back(
            {{"model", m.model}, {"from_frame", m.from_frame}, {"from_time", m.from_time}});
}

void Schema<WindowAccuracy>::read(const Json& json, WindowAccuracy& a) {
    a.stream = json.at("stream");
    a.window = json.at("window");
    a.complete = json.at("complete");
    a.seconds = json.at("seconds");
    a.frames = json.at("frames");
    a.seen = json.at("seen");
    a.analysed = json.at("analysed");
    a.lost = json.at("lost");
    a.objects = json.at("objects");
    a.correct = json.at("correct");
    a.accuracy = optional_from(json.at("accuracy"));
    a.device_seconds = json.at("device_seconds");
    a.latency_p50 = json.at("latency_p50");
    a.latency_p99 = json.at("latency_p99");
    a.skipped = json.value("skipped", std::int64_t{0});
    for (const auto& m : json.at("models"))
        a.models.push_back({m.at("model"), m.at("from_frame"), m.at("from_time")});
}

void Schema<ControlRequest>::write(Json& json, const ControlRequest& r) {
    for (const auto& [kind, name] : kinds)
        if (kind == r.kind) json["request"] = name;
    if (!r.model.empty()) json["model"] = r.model;
    if (r.share) json["share"] = *r.share;
    if (r.frame_stride) json["frame_stride"] = *r.frame_stride;
    if (r.input_size) json["input_size"] = *r.input_size;
}

void Schema<ControlRequest>::read(const Json& json, ControlRequest& r) {
    for (const auto& [kind, name] : kinds)
        if (json.at("request") == name) r.kind = kind;
    r.model = json.value("model", "");
    r.share = field<double>(json, "share");
    r.frame_stride = field<int>(json, "frame_stride");
    r.input_size = field<int>(json, "input_size");
    if (r.kind == Kind::swap && r.model.empty())
        throw InputError("/model: a swap needs the id of a model");
}

void Schema<ControlReply>::write(Json& json, const ControlReply& r) {
    json = {{"ok", r.ok},
            {"error", r.error},
            {"stream", r.stream},
            {"model", r.model},
            {"frame", r.frame},
            {"share", r.share},
            {"frame_stride", r.frame_stride},
            {"backlog", r.backlog},
            {"analysed", r.analysed},
            {"skipped", r.skipped}};
    if (r.latency) json["latency"] = *r.latency;
}

void Schema<ControlReply>::read(const Json& json, ControlReply& r) {
    r.ok = json.at("ok");
    r.error = json.at("error");
    r.stream = json.at("stream");
    r.model = json.at("model");
    r.frame = json.at("frame");
    r.share = json.at("share");
    r.frame_stride = json.at("frame_stride");
    r.backlog = json.value("backlog", std::int64_t{0});
    r.analysed = json.value("analysed", std::int64_t{0});
    r.skipped = json.value("skipped", std::int64_t{0});
    r.latency = field<double>(json, "latency");
}

void Schema<InferenceEvent>::write(Json& json, const InferenceEvent& e) {
    json = {{"stream", e.stream},
            {"model", e.model},
            {"frame", e.frame},
            {"backlog", e.backlog},
            {"skipped", e.skipped}};
    for (const auto& [kind, name] : happenings)
        if (kind == e.kind) json["event"] = name;
    if (!e.error.empty()) json["error"] = e.error;
}

void Schema<InferenceEvent>::read(const Json& json, InferenceEvent& e) {
    for (const auto& [kind, name] : happenings)
        if (json.at("event") == name) e.kind = kind;
    e.stream = json.at("stream");
    e.model = json.at("model");
    e.frame = json.at("frame");
    e.backlog = json.at("backlog");
    e.skipped = json.at("skipped");
    e.error = json.value("error", "");
}

void Schema<KeyPair>::write(Json& json, const KeyPair& k) {
    json = {{"name", k.name}, {"public_key", k.public_key}};
    if (!k.secret_key.empty()) json["secret_key"] = k.secret_key;
}

void Schema<KeyPair>::read(const Json& json, KeyPair& k) {
    k.name = json.at("name");
    k.public_key = json.at("public_key");
    k.secret_key = json.value("secret_key", "");
}

void Schema<RetrainingEvent>::write(Json& json, const RetrainingEvent& e) {
    for (const auto& [kind, name] : events)
        if (kind == e.kind) json["event"] = name;
    json["stream"] = e.stream;
    json["seconds"] = e.seconds;
    const bool says_share = e.kind == Event::share || (e.kind == Event::start && e.share > 0);
    if (says_share) json["share"] = e.share;
    if (e.kind == Event::end) json["swapped"] = e.swapped;
}

void Schema<RetrainingEvent>::read(const Json& json, RetrainingEvent& e) {
    for (const auto& [kind, name] : events)
        if (json.at("event") == name) e.kind = kind;
    e.stream = json.at("stream");
    e.seconds = json.value("seconds", 0.0);
    e.share = json.value("share", 0.0);
    e.swapped = json.value("swapped", true);
}

}  // namespace ekya
