// How programs that last stand, as they write it into a store's run directory.
#include "describe_parts.hpp"
#include "ekya/wire/state_records.hpp"

namespace ekya {
namespace {

template <typename Record> void updated_field(wire::Object<Record>& o) {
    o.field("updated", &Record::updated)
        .at_least(0)
        .text("Unix time at which this record was written")
        .unit("seconds");
}

template <typename Record>
void window_that_may_be_missing(wire::Object<Record>& o, const std::string& words) {
    o.field("window", &Record::window).within(0, limits::window).text(words);
}

}  // namespace

void describe(wire::Enumeration<SourceState::State>& e) {
    using State = SourceState::State;
    e.value(State::connecting, "connecting", "its first frame is waited for");
    e.value(State::live, "live", "frames come");
    e.value(State::away, "away", "contact is lost, it is connected again");
    e.value(State::ended, "ended", "the video has ended, or recording was told to");
    e.value(State::failed, "failed", "it is not tried any more");
}

void describe(wire::Object<SourceState>& o) {
    using R = SourceState;
    o.record("ekya.source-state/1", "How the source of a stream stands, by ekya-ingest --state.");
    wire::stream_field(o, &R::stream);
    o.field("state", &R::state).text("how it stands");
    o.field("since", &R::since).at_least(0).text("Unix time at which that began").unit("seconds");
    o.field("reason", &R::reason).omit_default().text("why; missing = nothing to say");
    window_that_may_be_missing(o, "retraining window of the newest frame; missing = none came");
    o.field("frames", &R::frames).at_least(0).text("frames so far, over all starts of the program");
    o.field("damaged", &R::damaged)
        .at_least(0)
        .text("packets that could not be decoded, counted likewise");
    o.field("losses", &R::losses)
        .at_least(0)
        .text("times at which contact was lost, counted likewise");
    o.field("fps", &R::fps).at_least(0).text("frames per second lately");
    updated_field(o);
}

void describe(wire::Object<InferenceState>& o) {
    using R = InferenceState;
    o.record("ekya.inference-state/1",
             "How the inference of a stream stands, by ekya-infer --state.");
    wire::stream_field(o, &R::stream);
    o.field("model", &R::model)
        .format(wire::no_file_name)
        .text("id of the model of the newest analysed frame; empty = none was analysed");
    o.field("since", &R::since)
        .at_least(0)
        .text("Unix time at which that model began to answer; 0 without one")
        .unit("seconds");
    window_that_may_be_missing(o, "retraining window of the newest frame; missing = none came");
    o.field("seen", &R::seen)
        .at_least(0)
        .text("frames that reached inference so far, over all starts of the program");
    o.field("analysed", &R::analysed).at_least(0).text("of them those that were analysed");
    o.field("skipped", &R::skipped)
        .at_least(0)
        .text("of them those not analysed although it was their turn");
    o.field("lost", &R::lost)
        .at_least(0)
        .text("frames that never reached it, counted when their window is over");
    o.field("seen_fps", &R::seen_fps).at_least(0).text("frames per second lately");
    o.field("analysed_fps", &R::analysed_fps).at_least(0).text("analysed frames per second lately");
    o.field("backlog", &R::backlog).at_least(0).text("frames that wait to be analysed or skipped");
    o.field("latency", &R::latency)
        .at_least(0)
        .text("time from arrival to answer of the newest analysed frame; missing = none was")
        .unit("seconds");
    updated_field(o);
}

void describe(wire::Enumeration<RunCamera::Program>& e) {
    using Program = RunCamera::Program;
    e.value(Program::none, "none", "is not to run: no model yet, or the disk has no room");
    e.value(Program::runs, "runs", "has been started");
    e.value(Program::waits, "waits", "has failed, and waits to be started again");
    e.value(Program::ended, "ended", "is not started again");
}

void describe(wire::Object<RunCamera>& o) {
    using R = RunCamera;
    wire::stream_field(o, &R::stream);
    o.field("ingestion", &R::ingestion).text("how its ingestion stands");
    o.field("inference", &R::inference).text("how its inference stands");
    o.field("restarts", &R::restarts)
        .at_least(0)
        .text("times that either was started again, since the program that runs the store was");
    o.field("problem", &R::problem).omit_default().text("what is wrong; missing = nothing");
}

void describe(wire::Object<RunState>& o) {
    using R = RunState;
    o.record("ekya.run-state/1",
             "How the program stands that runs a store: ekya-serve, or ekya-loop with one policy.");
    o.field("program", &R::program)
        .not_empty()
        .format(wire::plain_text)
        .text("name of the program");
    o.field("host", &R::host)
        .format(wire::plain_text)
        .text("name of its machine, or of its container");
    o.field("process", &R::process).at_least(0).text("its process id");
    o.field("window_seconds", &R::window_seconds)
        .at_least(0)
        .text("length of a retraining window on the clock")
        .unit("seconds");
    window_that_may_be_missing(o, "the retraining window that runs; missing = none yet");
    o.field("window_ends", &R::window_ends)
        .at_least(0)
        .text("Unix time at which it ends, or the first one begins")
        .unit("seconds");
    o.field("recording", &R::recording).text("false: the disk has no room, nothing is recorded");
    o.field("cameras", &R::cameras).at_most_entries(limits::streams).text("each camera it serves");
    updated_field(o);
}

}  // namespace ekya
