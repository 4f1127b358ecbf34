// Plans, and what came of them over a whole run.
#include "describe_parts.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

void describe(wire::Object<PlannedRetraining>& o) {
    using R = PlannedRetraining;
    o.field("config", &R::config).text("the retraining configuration");
    o.field("share", &R::share)
        .within(0, limits::share)
        .text(
            "share of one device when it starts; 0 = elsewhere, or named by a published policy "
            "and never run");
    o.field("start_seconds", &R::start_seconds)
        .at_least(0)
        .omit_default()
        .text("when it starts, from the start of the plan")
        .unit("seconds");
    o.field("expected_seconds", &R::expected_seconds)
        .at_least(0)
        .text("when it ends, from the start of the plan")
        .unit("seconds");
    o.field("expected_accuracy", &R::expected_accuracy)
        .within(0, 1)
        .text("accuracy of the retrained model");
    o.field("name", &R::name)
        .not_empty()
        .format(wire::plain_text)
        .omit_default()
        .text("name of the configuration at its source; missing = made from its fields");
    o.field("elsewhere", &R::elsewhere)
        .omit_default()
        .text(
            "true: on other devices, e.g. in the cloud; no share is needed, and the model is "
            "here after expected_seconds");
    o.field("start", &R::start)
        .omit_default()
        .text("what it starts from; missing = the deployed model, with all exemplars");
}

void describe(wire::Object<PlanStep>& o) {
    using R = PlanStep;
    o.field("start", &R::start)
        .at_least(0)
        .text("when the step starts, from the start of the plan")
        .unit("seconds");
    o.field("inference", &R::inference).text("the inference configuration");
    o.field("inference_share", &R::inference_share)
        .within(0, limits::share)
        .text("share of one device for inference");
    o.field("retraining_share", &R::retraining_share)
        .within(0, limits::share)
        .text("share of one device for the retraining; 0 = not started, paused or done");
    o.field("inference_gpu", &R::inference_gpu)
        .at_least(0)
        .omit_default()
        .text("index of the device that inference lies on; missing = not placed");
    o.field("retraining_gpu", &R::retraining_gpu)
        .at_least(0)
        .omit_default()
        .text("index of the device that the retraining lies on; missing = not placed");
}

void describe(wire::Object<StreamPlan>& o) {
    using R = StreamPlan;
    wire::stream_field(o, &R::stream);
    o.field("retraining", &R::retraining)
        .nullable()
        .text("retraining that the stream is granted; null = none");
    o.field("steps", &R::steps)
        .at_least_entries(1)
        .text("what the stream's jobs hold: every change of shares, ascending, the first at 0");
    o.field("expected_accuracy", &R::expected_accuracy)
        .within(0, 1)
        .text("expected mean inference accuracy over the window");
    o.field("cached", &R::cached)
        .format(wire::file_name)
        .omit_default()
        .text("id of the earlier model that serves from the start; missing = the deployed one");
}

void describe(wire::Object<Placement>& o) {
    using R = Placement;
    o.field("moves", &R::moves).at_least(0).text("changes of device of running jobs");
    o.field("granted_device_seconds", &R::granted_device_seconds)
        .at_least(0)
        .text("granted by the plan to its jobs")
        .unit("device-seconds");
    o.field("lost_device_seconds", &R::lost_device_seconds)
        .at_least(0)
        .text("part of the grants that fits on no device")
        .unit("device-seconds");
    o.field("lost_accuracy", &R::lost_accuracy)
        .within(-1, 1)
        .text("fall of the expected mean accuracy by placing");
}

void describe(wire::Object<Plan>& o) {
    using R = Plan;
    o.record("ekya.plan/1", "One retraining window's allocation of devices to all jobs.");
    o.field("policy", &R::policy).format(wire::plain_text).text("policy that made the plan");
    wire::window_field(o, &R::window);
    o.field("gpus", &R::gpus).within(0, limits::share).text("devices shared out");
    o.field("horizon", &R::horizon).at_least(0).text("time the plan is for").unit("seconds");
    o.field("elapsed", &R::elapsed)
        .at_least(0)
        .omit_default()
        .text(
            "time since the window's first plan, which this one takes the place of; 0 = it is "
            "the first")
        .unit("seconds");
    o.field("min_accuracy", &R::min_accuracy)
        .within(0, 1)
        .text("a_MIN: lowest inference accuracy allowed");
    o.field("mean_accuracy", &R::mean_accuracy)
        .within(0, 1)
        .text("expected accuracy, mean over the streams");
    o.field("decision_seconds", &R::decision_seconds)
        .at_least(0)
        .text("time the scheduler took (measured)")
        .unit("seconds");
    o.field("violations", &R::violations).text("constraints that could not be held, in words");
    o.field("streams", &R::streams).at_most_entries(limits::streams).text("what each stream gets");
    o.field("placement", &R::placement)
        .text(
            "cost of laying the shares onto whole devices; missing = shares are of all devices "
            "together");
    o.field("bound", &R::bound)
        .at_least(0)
        .text("upper bound on the mean accuracy of all plans; missing = not computed");
}

void describe(wire::Object<JobShare>& o) {
    using R = JobShare;
    o.field("granted", &R::granted).at_least(0).text("granted to the job").unit("device-seconds");
    o.field("used", &R::used).at_least(0).text("used by the job").unit("device-seconds");
}

void describe(wire::Object<WindowShares>& o) {
    using R = WindowShares;
    o.field("inference", &R::inference)
        .nullable()
        .text("inference; null = it ran without an enforced share");
    o.field("retraining", &R::retraining).nullable().text("the retraining; null = none ran");
}

void describe(wire::Object<WindowResult>& o) {
    using R = WindowResult;
    wire::window_field(o, &R::window);
    wire::utc_field(o, &R::utc, "of its first frame's arrival");
    o.field("scored", &R::scored)
        .text(
            "whether the window counts; false: shorter than half a window, or no annotated "
            "object");
    o.field("accuracy", &R::accuracy)
        .within(0, 1)
        .nullable()
        .text("part of the annotated objects answered rightly; null without any");
    o.field("agreement", &R::agreement)
        .text(
            "how well the model that served when the window was labelled agrees with the golden "
            "model; no accuracy; missing = labelled by annotations, or not measured");
    o.field("objects", &R::objects).at_least(0).text("annotated objects in all frames");
    o.field("frames", &R::frames).at_least(0).text("frames that the window has");
    o.field("seen", &R::seen).at_least(0).text("frames that reached inference");
    o.field("analysed", &R::analysed).at_least(0).text("frames that were analysed");
    o.field("lost", &R::lost).at_least(0).text("frames that never reached inference");
    o.field("models", &R::models).format(wire::file_name).text("models that answered, in order");
    o.field("plan", &R::plan)
        .nullable()
        .text("what the window's first plan gave the stream; null = there was none");
    o.field("retraining", &R::retraining)
        .nullable()
        .text("life of the stream's retraining; null = none was planned");
    o.field("shares", &R::shares).text("device-seconds of the stream's jobs");
    o.field("device_seconds", &R::device_seconds)
        .at_least(0)
        .text("used by inference, retraining and profiling (measured)")
        .unit("device-seconds");
}

void describe(wire::Object<StreamResult>& o) {
    using R = StreamResult;
    wire::stream_field(o, &R::stream);
    o.field("failed", &R::failed).text("why the stream failed; empty = it did not");
    o.field("mean_accuracy", &R::mean_accuracy)
        .within(0, 1)
        .nullable()
        .text("mean over the scored windows; null without any");
    o.field("agreement", &R::agreement)
        .text(
            "agreement with the golden model over all windows' labels, model = the last one; no "
            "accuracy; missing = not measured");
    o.field("retrainings", &R::retrainings)
        .at_least(0)
        .text("retrainings whose models were taken over");
    o.field("device_seconds", &R::device_seconds)
        .at_least(0)
        .text("used in all windows (measured)")
        .unit("device-seconds");
    o.field("windows", &R::windows).text("the windows, in order");
}

void describe(wire::Object<PolicyResult>& o) {
    using R = PolicyResult;
    o.field("policy", &R::policy)
        .format(wire::plain_text)
        .text("policy, as written on the command line");
    o.field("mean_accuracy", &R::mean_accuracy)
        .within(0, 1)
        .nullable()
        .text("mean over the streams; null without any");
    o.field("retrainings", &R::retrainings)
        .at_least(0)
        .text("retrainings whose models were taken over");
    o.field("device_seconds", &R::device_seconds)
        .at_least(0)
        .text("used by retraining, profiling and inference (measured)")
        .unit("device-seconds");
    o.field("streams", &R::streams).text("the streams");
}

void describe(wire::Object<Results>& o) {
    using R = Results;
    o.record("ekya.results/1", "A whole run: every policy, stream and window.");
    o.field("window_seconds", &R::window_seconds)
        .at_least(0)
        .text("length of a retraining window")
        .unit("seconds");
    o.field("pace", &R::pace)
        .at_least(0)
        .text("speed of the streams in times of real time; 0 = as fast as possible");
    o.field("bootstrap", &R::bootstrap)
        .at_least(0)
        .text("first windows, which train the base model and are not scored");
    o.field("fraction", &R::fraction)
        .within(0, 1)
        .text("part of each window's crops that is labelled");
    o.constant("protocol", "live", "how accuracies were measured");
    o.field("policies", &R::policies).text("the runs, one a policy");
}

}  // namespace ekya
