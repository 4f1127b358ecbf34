// Plans asked for while a window runs, and what ekya-follow is told and tells.
#include "describe_parts.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

void describe(wire::Enumeration<RetrainingEvent::Kind>& e) {
    using Kind = RetrainingEvent::Kind;
    e.value(Kind::start, "start", "it shall start now");
    e.value(Kind::share, "share", "it runs on with another share, 0 = paused");
    e.value(Kind::finish, "finish", "it shall come to its end with what it has");
    e.value(Kind::skip, "skip", "it shall not run");
    e.value(Kind::end, "end", "it runs no longer");
}

void describe(wire::Object<RetrainingEvent>& o) {
    using R = RetrainingEvent;
    o.record("ekya.retraining-event/1",
             "What happens to a planned retraining while its window runs.");
    o.field("event", &R::kind).text("what happens");
    wire::stream_field(o, &R::stream);
    o.field("seconds", &R::seconds)
        .at_least(0)
        .optional()
        .text("time since the plan was made")
        .unit("seconds");
    o.field("share", &R::share)
        .at_least(0)
        .omit_default()
        .text("share of one device that it runs with (start, share)");
    o.field("swapped", &R::swapped).omit_default().text("end: its model serves");
}

void describe(wire::Enumeration<RetrainingState::Kind>& e) {
    using Kind = RetrainingState::Kind;
    e.value(Kind::waiting, "waiting", "none has begun");
    e.value(Kind::running, "running", "one has begun; it may be paused");
    e.value(Kind::done, "done", "its model serves");
    e.value(Kind::over, "over", "none will come");
}

void describe(wire::Object<RetrainingState>& o) {
    using R = RetrainingState;
    wire::stream_field(o, &R::stream);
    o.field("state", &R::kind).text("how the stream's retraining stands");
    o.field("config", &R::config).omit_default().text("id of the configuration (running, done)");
    o.field("left", &R::left)
        .above(0)
        .omit_default()
        .text("left to its end (running)")
        .unit("device-seconds");
    o.field("accuracy", &R::accuracy)
        .within(0, 1)
        .text("accuracy of the new model (done); missing = not measured");
}

void describe(wire::Object<InferenceCost>& o) {
    using R = InferenceCost;
    wire::stream_field(o, &R::stream);
    o.field("cost_factor", &R::factor)
        .within(0.001, 1000)
        .text("factor on the share of the estimate that inference needs");
}

void describe(wire::Object<ReplanRequest>& o) {
    using R = ReplanRequest;
    o.record("ekya.replan/1", "Asks ekya-schedule --serve for a plan for the rest of a window.");
    o.field("elapsed", &R::elapsed)
        .at_least(0)
        .text("time since the window's first plan began")
        .unit("seconds");
    o.field("retrainings", &R::retrainings)
        .text("how retrainings stand; streams that are not named are waiting");
    o.field("inference", &R::inference)
        .omit_default()
        .text("streams whose inference fell behind with the share it had");
}

void describe(wire::Object<ReplanReply>& o) {
    using R = ReplanReply;
    o.record("ekya.replan-reply/1", "A plan for the rest of a window, or why there is none.");
    o.field("ok", &R::ok).text("whether there is a plan");
    o.field("error", &R::error).text("why not; empty if ok");
    o.field("plan", &R::plan).text("the plan; its time begins at the request's elapsed");
    o.check([](const R& reply, const wire::Path& at) {
        if (reply.ok && !reply.plan) wire::Path(at, "plan").refuse("is missing");
    });
}

}  // namespace ekya
