// How a store stands.
#include "describe_parts.hpp"
#include "ekya/wire/status_records.hpp"

namespace ekya {

void describe(wire::Enumeration<ScoreStatus::Kind>& e) {
    using Kind = ScoreStatus::Kind;
    e.value(Kind::accuracy, "accuracy", "scored with annotations, over all objects of the window");
    e.value(Kind::agreement, "agreement",
            "with the golden model, which errs too, on a sample of labels");
}

void describe(wire::Object<ScoreStatus>& o) {
    using R = ScoreStatus;
    o.field("kind", &R::kind).text("what the value is");
    wire::window_field(o, &R::window, "retraining window in which it was measured");
    o.field("value", &R::value).within(0, 1).text("accuracy or agreement");
    o.field("n", &R::n).at_least(0).text("annotated objects, or labels of equal weight");
    o.field("low", &R::low).within(0, 1).text("lower end of the interval of 95 % of an agreement");
    o.field("high", &R::high).within(0, 1).text("upper end of it");
}

void describe(wire::Object<LabelStatus>& o) {
    using R = LabelStatus;
    wire::window_field(o, &R::window, "the newest labelled window");
    o.field("labels", &R::labels).at_least(0).text("labels that can be learned from");
    o.field("yield", &R::yield)
        .within(0, 1)
        .text(
            "share of the objects that the golden model was asked about with such a label; "
            "missing = not recorded");
}

void describe(wire::Object<TrainingStatus>& o) {
    using R = TrainingStatus;
    wire::window_field(o, &R::window, "retraining window that it belongs to");
    o.field("config", &R::config).text("id of the retraining configuration");
    o.field("running", &R::running).text("its job has been started and has not ended");
    o.field("paused", &R::paused).text("it is held without a share");
    o.field("share", &R::share).within(0, limits::share).text("of one device that it holds");
    o.field("ends_in", &R::ends_in)
        .at_least(0)
        .text("time until its planned end; missing = it is late, or that is not known")
        .unit("seconds");
}

void describe(wire::Object<LastTraining>& o) {
    using R = LastTraining;
    wire::window_field(o, &R::window, "retraining window that it belongs to");
    o.field("outcome", &R::outcome).text("what came of it");
    o.field("model", &R::model)
        .format(wire::file_name)
        .omit_default()
        .text("id of its model; missing = it left none");
    o.field("why", &R::why).omit_default().text("reason of the outcome, in words");
}

void describe(wire::Enumeration<CameraStatus::State>& e) {
    using State = CameraStatus::State;
    e.value(State::unknown, "unknown", "nothing of it says how it stands");
    e.value(State::connecting, "connecting", "its first frame is waited for");
    e.value(State::live, "live", "frames come");
    e.value(State::away, "away", "contact is lost, it is connected again");
    e.value(State::waiting, "waiting", "its recording has failed, and waits to be started again");
    e.value(State::stopped, "stopped",
            "it is not recorded: the disk has no room, or nobody runs the store");
    e.value(State::ended, "ended", "its video has ended");
    e.value(State::failed, "failed", "it is not tried any more");
}

void describe(wire::Object<CameraStatus>& o) {
    using R = CameraStatus;
    wire::stream_field(o, &R::stream);
    o.field("state", &R::state).text("how it stands");
    o.field("reason", &R::reason).omit_default().text("why; missing = nothing to say");
    o.field("since", &R::since)
        .at_least(0)
        .text("Unix time at which that began; missing = not known")
        .unit("seconds");
    o.field("model", &R::model)
        .format(wire::no_file_name)
        .text("id of the model that serves; empty = none yet");
    o.field("model_since", &R::model_since)
        .at_least(0)
        .text("Unix time at which it began to; missing = not known")
        .unit("seconds");
    o.field("score", &R::score)
        .text("how good the answers were in the newest window that says so; missing = not known");
    o.field("labels", &R::labels)
        .text("the golden model's labels of the newest labelled window; missing = there are none");
    o.field("recorded_fps", &R::recorded_fps)
        .at_least(0)
        .text("frames per second that come, lately");
    o.field("seen_fps", &R::seen_fps)
        .at_least(0)
        .text("frames per second that reach inference, lately");
    o.field("analysed_fps", &R::analysed_fps)
        .at_least(0)
        .text("frames per second that are analysed, lately");
    o.field("recorded", &R::recorded)
        .at_least(0)
        .text("frames that came since the store was begun");
    o.field("seen", &R::seen).at_least(0).text("frames that reached inference, likewise");
    o.field("analysed", &R::analysed).at_least(0).text("of them those that were analysed");
    o.field("skipped", &R::skipped)
        .at_least(0)
        .text("of them those not analysed although it was their turn");
    o.field("lost", &R::lost)
        .at_least(0)
        .text("frames that never reached inference, counted when their window is over");
    o.field("damaged", &R::damaged).at_least(0).text("packets that could not be decoded, likewise");
    o.field("losses", &R::losses).at_least(0).text("times at which contact was lost, likewise");
    o.field("backlog", &R::backlog).at_least(0).text("frames that wait to be analysed or skipped");
    o.field("latency", &R::latency)
        .at_least(0)
        .text("time from arrival to answer of the newest analysed frame")
        .unit("seconds");
    o.field("last_answer", &R::last_answer)
        .at_least(0)
        .text("Unix time of the newest answer; missing = there was none")
        .unit("seconds");
    o.field("restarts", &R::restarts)
        .at_least(0)
        .text("times that its programs were started again since the store's program was");
    o.field("share_granted", &R::share_granted)
        .within(0, limits::share)
        .text("share of one device that its inference holds; 0 = no limit");
    o.field("share_used", &R::share_used)
        .within(0, limits::share)
        .text("share of one device that its inference used lately");
    o.field("device_granted", &R::device_granted)
        .at_least(0)
        .text("granted to its inference since that was started")
        .unit("device-seconds");
    o.field("device_used", &R::device_used)
        .at_least(0)
        .text("used by its inference since that was started")
        .unit("device-seconds");
    o.field("training", &R::training)
        .text("its retraining of the running window; missing = none is planned, or it has ended");
    o.field("last_training", &R::last_training)
        .text("what came of the newest retraining that has ended; missing = there is none");
    o.field("problems", &R::problems).text("what keeps it from being well");
    o.field("notes", &R::notes).text("what people should know");
}

void describe(wire::Object<StoreHolder>& o) {
    using R = StoreHolder;
    o.field("program", &R::program).text("name of the program");
    o.field("process", &R::process).at_least(0).text("its process id");
    o.field("since", &R::since).text("wall-clock time since which it holds the store, RFC 3339");
}

void describe(wire::Enumeration<StoreStatus::Health>& e) {
    using Health = StoreStatus::Health;
    e.value(Health::healthy, "healthy", "it is run, and all cameras are well");
    e.value(Health::degraded, "degraded", "it is run, and some cameras are not well");
    e.value(Health::down, "down", "nobody runs it, or who does has not been heard of");
}

void describe(wire::Object<StoreStatus>& o) {
    using R = StoreStatus;
    o.record("ekya.status/1", "How a store, and each camera in it, stands.");
    o.field("store", &R::store).not_empty().text("directory of the store");
    o.field("time", &R::time).at_least(0).text("Unix time of this record").unit("seconds");
    o.field("health", &R::health).text("how it stands in a word");
    o.field("holder", &R::holder).text("the program that holds it; missing = none does");
    o.field("heard", &R::heard)
        .at_least(0)
        .text("time since its program wrote how it stands; missing = it never did")
        .unit("seconds");
    o.field("window_seconds", &R::window_seconds)
        .at_least(0)
        .text("length of a retraining window on the clock; 0 = not known")
        .unit("seconds");
    o.field("window", &R::window)
        .within(0, limits::window)
        .text("retraining window that runs; missing = none yet, or not known");
    o.field("window_left", &R::window_left)
        .at_least(0)
        .text("time until it ends, or the first one begins; missing = not known")
        .unit("seconds");
    o.field("jobs", &R::jobs).text("jobs of the window that run: label, profile.N, STREAM.train");
    o.field("recording", &R::recording).text("false: the disk has no room, nothing is recorded");
    o.field("disk_free", &R::disk_free)
        .at_least(0)
        .text("free space of the store's file system")
        .unit("bytes");
    o.field("disk_size", &R::disk_size)
        .at_least(0)
        .text("size of the store's file system")
        .unit("bytes");
    o.field("cameras", &R::cameras).at_most_entries(limits::streams).text("each camera");
    o.field("problems", &R::problems).text("what is wrong with the store as a whole");
}

}  // namespace ekya
