#include "ekya/window/journal.hpp"
#include "ekya/wire/fields.hpp"

namespace ekya {

void describe(wire::Enumeration<WindowEvent::What>& e) {
    using What = WindowEvent::What;
    e.value(What::began, "began", "told: the window's options");
    e.value(What::reserve, "reserve", "told: the share that decoding takes");
    e.value(What::need, "need", "told: the share that inference has use for");
    e.value(What::hold, "hold", "ordered: inference holds a share");
    e.value(What::configure, "configure", "ordered: inference analyses frames like this");
    e.value(What::look, "look", "told: inference has analysed and skipped so many frames");
    e.value(What::swap, "swap", "ordered: a model shall serve");
    e.value(What::swapped, "swapped", "told: it serves, or why it does not");
    e.value(What::start, "start", "ordered: a job with a share");
    e.value(What::order, "order", "ordered: a retraining's state and share");
    e.value(What::used, "used", "told: device-seconds that a retraining has used");
    e.value(What::ended, "ended", "told: how a job ended");
    e.value(What::inputs, "inputs", "told: the planning inputs");
}

void describe(wire::Enumeration<WindowJob::Kind>& e) {
    e.value(WindowJob::Kind::label, "label", "golden-model labels of the window before");
    e.value(WindowJob::Kind::profile, "profile", "what retraining would cost and gain");
    e.value(WindowJob::Kind::retrain, "retrain", "one stream's retraining");
}

void describe(wire::Object<WindowOptions>& o) {
    o.field("window", &WindowOptions::window).at_least(0).text("the window's number");
    o.field("streams", &WindowOptions::streams).text("streams that take part");
    o.field("length", &WindowOptions::length).above(0).unit("seconds").text("length of the window");
    o.field("left", &WindowOptions::left).at_least(0).unit("seconds").text("of it, at the start");
    o.field("plan", &WindowOptions::plan).text("how it is planned");
    o.field("label_and_profile", &WindowOptions::label_and_profile)
        .text("false: planning inputs were there already");
    o.field("given", &WindowOptions::given).text("plan that was followed first");
    o.field("profile_budget", &WindowOptions::profile_budget)
        .at_least(0)
        .unit("device-seconds")
        .text("budget of each stream's profile; none = together a twentieth of the window's");
    o.field("jobs_at_once", &WindowOptions::jobs_at_once).at_least(1).text("profiling jobs");
    o.field("jobs_take_from_inference", &WindowOptions::jobs_take_from_inference)
        .text("whether labelling and profiling run on the devices of inference");
    o.field("inference_overhead", &WindowOptions::inference_overhead)
        .at_least(0)
        .text("share of each inference that planning inputs do not hold");
}

/// The options that live windows can set.
void describe(wire::Object<PolicySetting>& o) {
    o.field("text", &PolicySetting::text).text("policy and its settings, as people write them");
    o.field("options", &PolicySetting::options).text("what is not written in the text");
}

void describe(wire::Object<PolicyOptions>& o) {
    o.field("thief", &PolicyOptions::thief).text("of the thief");
    o.field("uniform", &PolicyOptions::uniform).text("of uniform and the thief's ablations");
}

void describe(wire::Object<ThiefOptions>& o) {
    o.field("quantum", &ThiefOptions::quantum).above(0).text("share stolen at a time");
    o.field("unit", &ThiefOptions::unit).above(0).text("shares are whole multiples of it");
}

void describe(wire::Object<UniformOptions>& o) {
    o.field("inference_share", &UniformOptions::inference_share)
        .within(0, 1)
        .text("part of a stream's share");
    o.field("choice", &UniformOptions::choice).text("the configuration for all streams");
    o.field("config", &UniformOptions::config).text("configuration that is used instead");
}

void describe(wire::Enumeration<UniformChoice>& e) {
    e.value(UniformChoice::most_accurate, "most-accurate", "highest estimated accuracy");
    e.value(UniformChoice::cheapest, "cheapest", "fewest estimated device-seconds");
}

void describe(wire::Object<PlanSettings>& o) {
    o.field("policy", &PlanSettings::policy).text("policy and its settings");
    o.field("gpus", &PlanSettings::gpus).at_least(0).text("devices to share out");
    o.field("min_accuracy", &PlanSettings::min_accuracy).within(0, 1).text("a_MIN");
    o.field("max_job_share", &PlanSettings::max_job_share)
        .above(0)
        .text("share of one device that one job can use");
    o.field("place", &PlanSettings::place).text("whether jobs are laid onto whole devices");
}

void describe(wire::Object<WindowEvent>& o) {
    using E = WindowEvent;
    o.record("ekya.window-event/1",
             "One line of a window's journal: what its runner was told, and what it ordered.");
    o.field("what", &E::what).text("what happened");
    o.field("time", &E::time).at_least(0).unit("seconds").text("since the window began");
    o.field("stream", &E::stream).omit_default().text("the stream it concerns");
    o.field("streams", &E::streams).omit_default().text("streams of a job");
    o.field("value", &E::value).at_least(0).text("a share of one device, or device-seconds used");
    o.field("budget", &E::budget).at_least(0).unit("device-seconds").text("a profile's budget");
    o.field("job", &E::job).text("kind of the job");
    o.field("config", &E::config).omit_default().text("id of the retraining configuration");
    o.field("state", &E::state).text("what a retraining was told to do");
    o.field("inference", &E::inference).text("inference configuration");
    o.field("analysed", &E::analysed).omit_default().at_least(0).text("frames analysed");
    o.field("skipped", &E::skipped).omit_default().at_least(0).text("frames skipped, being behind");
    o.field("model", &E::model).omit_default().text("id of a model");
    o.field("why", &E::why).omit_default().text("why something did not succeed, for people");
    o.field("ok", &E::ok).omit_default().text("the model serves, or may serve");
    o.field("stopped", &E::stopped).omit_default().text("the job was ended before it was done");
    o.field("failed", &E::failed).omit_default().text("streams that failed, and why");
    o.field("granted", &E::granted)
        .omit_default()
        .unit("device-seconds")
        .text("granted to the job");
    o.field("used", &E::used).omit_default().unit("device-seconds").text("used by the job");
    o.field("inputs", &E::inputs).omit_default().text("planning inputs of all streams");
    o.field("options", &E::options).text("the window's options");
}

}  // namespace ekya
