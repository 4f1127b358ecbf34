// What a service and its cameras tell people and other programs.
#include "describe_parts.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/wire/event_records.hpp"

namespace ekya {

void describe(wire::Enumeration<Event::Kind>& e) {
    using Kind = Event::Kind;
    e.value(Kind::drift, "drift", "the serving model is less accurate than it was, beyond noise");
    e.value(Kind::camera_lost, "camera_lost", "no frames come from the camera");
    e.value(Kind::camera_back, "camera_back", "frames come from it again");
    e.value(Kind::model_refused, "model_refused", "a retrained model is kept from serving");
    e.value(Kind::model_served, "model_served", "another model serves");
    e.value(Kind::disk_low, "disk_low", "nothing is recorded until the disk has room");
    e.value(Kind::disk_ok, "disk_ok", "the disk has room again, recording goes on");
}

std::string name_of(Event::Kind kind) { return wire::description_of<Event::Kind>().name(kind); }

void describe(wire::Object<Event>& o) {
    using R = Event;
    o.record("ekya.event/1", "What happened to a service that its operator may want to act on.");
    o.field("event", &R::kind).text("what happened");
    o.field("utc", &R::utc).format(wire::utc_time).text("wall-clock time, RFC 3339 in UTC");
    o.field("stream", &R::stream)
        .format(wire::no_file_name)
        .omit_default()
        .text("id of the stream; missing = the whole service");
    o.field("window", &R::window)
        .within(-1, limits::window)
        .omit_default()
        .text("index of the retraining window in which it was found out; missing = no certain one");
    o.field("model", &R::model)
        .format(wire::no_file_name)
        .omit_default()
        .text("id of the model that serves, or is refused; missing = none");
    o.field("reason", &R::reason).omit_default().text("for people; missing = nothing to say");
}

void describe(wire::Object<CameraState>& o) {
    using R = CameraState;
    o.record("ekya.camera-state/1", "How one camera stands, for programs that show it.");
    wire::stream_field(o, &R::stream);
    o.field("online", &R::online).text("whether a frame was answered within the last seconds");
    wire::utc_field(o, &R::utc, "at which the frame answered last arrived");
    o.field("window", &R::window)
        .within(-1, limits::window)
        .omit_default()
        .text("index of its retraining window; missing = no frame was answered yet");
    o.field("frame", &R::frame)
        .within(-1, limits::frame)
        .omit_default()
        .text("index of that frame in the source; missing = none yet");
    o.field("model", &R::model)
        .format(wire::no_file_name)
        .omit_default()
        .text("id of the model that serves; missing = not known");
    o.field("counts", &R::counts)
        .at_least(0)
        .text("objects in the frame analysed last, by class; the model's classes are all there");
    o.field("answers_per_second", &R::answers_per_second)
        .at_least(0)
        .text("frames answered, mean of the last seconds (measured)");
    o.field("accuracy", &R::accuracy)
        .within(0, 1)
        .nullable()
        .text("of the newest window that was scored with annotations; null = none was");
    o.field("agreement", &R::agreement)
        .within(0, 1)
        .nullable()
        .text(
            "share of the newest labels that the serving model and the golden model give alike; "
            "null = not measured");
    o.field("agreement_labels", &R::agreement_labels)
        .at_least(0)
        .nullable()
        .text("labels that `agreement` was measured on; null = not measured");
}

}  // namespace ekya
