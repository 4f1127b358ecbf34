// Jobs that hold a share of a device, and retrainings, which are such jobs.
#include "describe_parts.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace {

constexpr double most_share = limits::share;

}  // namespace

void describe(wire::Enumeration<JobOrder::State>& e) {
    using State = JobOrder::State;
    e.value(State::run, "run", "it runs");
    e.value(State::pause, "pause", "no process of it gets the device, its memory is kept");
    e.value(State::finish, "finish", "it comes to its end with what it has (SIGUSR1)");
    e.value(State::stop, "stop", "it is asked to end, and killed if it does not");
}

void describe(wire::Object<JobOrder>& o) {
    using R = JobOrder;
    o.record("ekya.job-order/1",
             "What a running job is told: its share of the device, and whether it runs.");
    o.field("share", &R::share).within(0, most_share).text("share of one device; 0 = no limit");
    o.field("state", &R::state).optional().text("what the job does from now on");
}

void describe(wire::Object<JobUse>& o) {
    using R = JobUse;
    o.record("ekya.job-use/1",
             "What a job was granted and used in a stretch of time; a stretch ends with each "
             "change and each report.");
    o.field("time", &R::time).text("Unix time at which the stretch began").unit("seconds");
    o.field("seconds", &R::seconds).at_least(0).text("length of the stretch").unit("seconds");
    o.field("share", &R::share)
        .within(0, most_share)
        .text("share of one device that was granted; 0 = no limit");
    o.field("paused", &R::paused).text("true: the job was paused");
    o.field("used", &R::used)
        .at_least(0)
        .text("used by all processes of the job")
        .unit("device-seconds");
    o.field("throttled", &R::throttled)
        .at_least(0)
        .text("CPU time that the limit kept from it; 0 where that is not counted")
        .unit("seconds");
}

void describe(wire::Object<JobRecord>& o) {
    using R = JobRecord;
    o.record("ekya.job/1", "A job that runs or has run with an enforced share of a device.");
    o.field("id", &R::id).not_empty().format(wire::plain_text).text("id of the job");
    o.field("executor", &R::executor)
        .one_of({"cgroup", "mps", "threads"})
        .text("what holds the share");
    o.field("host", &R::host).text("name of the machine");
    o.field("pid", &R::pid).at_least(0).text("process id of the job itself");
    o.field("command", &R::command).text("program and arguments");
    o.field("state", &R::state).one_of({"running", "paused", "ended"}).text("how it stands");
    o.field("share", &R::share)
        .within(0, most_share)
        .text("share of one device that it has now; 0 = no limit");
    o.field("cores", &R::cores).at_least(1).text("cores that make a device without GPU");
    o.field("started", &R::started).text("Unix time of its start").unit("seconds");
    o.field("granted", &R::granted).at_least(0).text("granted so far").unit("device-seconds");
    o.field("used", &R::used).at_least(0).text("used so far").unit("device-seconds");
    o.field("changes", &R::changes)
        .at_least(0)
        .text("changes of its share so far, pauses and resumes among them");
    o.field("exit_code", &R::exit_code)
        .within(0, 255)
        .text("exit code: 128 + n by signal n, 124 at the deadline; missing = has not ended");
}

void describe(wire::Enumeration<RetrainingMoment::What>& e) {
    using What = RetrainingMoment::What;
    e.value(What::planned, "planned", "a plan grants it a share from its planned start on");
    e.value(What::started, "started", "its job was started");
    e.value(What::share, "share", "it runs on with another share");
    e.value(What::paused, "paused", "it keeps its memory and gets no share");
    e.value(What::resumed, "resumed", "it runs again");
    e.value(What::finishing, "finishing", "it was told to end with the epochs it has");
    e.value(What::trained, "trained", "its job has left a model");
    e.value(What::ended, "ended", "its outcome is known");
}

void describe(wire::Object<RetrainingMoment>& o) {
    using R = RetrainingMoment;
    o.field("what", &R::what).text("what happened");
    o.field("time", &R::time).at_least(0).text("time since the window began").unit("seconds");
    o.field("share", &R::share)
        .within(0, most_share)
        .text("share of one device that it holds from then on");
}

void describe(wire::Enumeration<RetrainingOutcome>& e) {
    using O = RetrainingOutcome;
    e.value(O::none, "none", "it has not ended yet");
    e.value(O::served, "served", "its model serves");
    e.value(O::refused, "refused", "its model is stored, guarded promotion kept the old one");
    e.value(O::late, "late", "its model is stored, but was not taken over within the window");
    e.value(O::skipped, "skipped", "it was planned, and not started");
    e.value(O::stopped, "stopped", "it did not end within the window");
    e.value(O::failed, "failed", "its job ended with an error");
}

void describe(wire::Object<RetrainingRecord>& o) {
    using R = RetrainingRecord;
    o.record("ekya.retraining/1", "The whole life of one stream's retraining in one window.");
    wire::stream_field(o, &R::stream);
    wire::window_field(o, &R::window);
    o.field("config", &R::config)
        .not_empty()
        .format(wire::plain_text)
        .text("id of the retraining configuration, as in the plan");
    o.field("expected_accuracy", &R::expected_accuracy)
        .within(0, 1)
        .text("accuracy of the retrained model, as first planned");
    o.field("expected_end", &R::expected_end)
        .at_least(0)
        .text("end of the retraining since the window began, as first planned")
        .unit("seconds");
    o.field("moments", &R::moments).text("what happened to it, in order");
    o.field("outcome", &R::outcome).text("what came of it");
    o.field("why", &R::why).omit_default().text("reason of the outcome, in words");
    o.field("model", &R::model)
        .format(wire::file_name)
        .omit_default()
        .text("id of its model; missing = it left none");
    o.field("granted", &R::granted).at_least(0).text("granted to its job").unit("device-seconds");
    o.field("used", &R::used).at_least(0).text("used by its job").unit("device-seconds");
}

}  // namespace ekya
