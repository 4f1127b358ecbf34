// Records of what was simulated.
#include "ekya/simulate/simulation_record.hpp"

namespace ekya {
namespace {

template <typename Record> void settings_fields(wire::Object<Record>& o) {
    using R = RecordedSettings;
    o.field("policy", &R::policy)
        .format(wire::plain_text)
        .text("policy, as written on the command line");
    o.field("mode", &R::mode)
        .one_of({"oracle", "predicted"})
        .text("planned with the true values, or with what was predicted");
    o.field("scoring", &R::scoring)
        .one_of({"continuous", "reference"})
        .text(
            "how plans were scored; reference = in whole seconds, as the published simulator "
            "counts them");
    o.field("gpus", &R::gpus).at_least(0).text("devices shared out");
    o.field("noise", &R::noise)
        .within(0, 1)
        .text("standard deviation of the noise on predicted accuracies");
    o.field("delay", &R::delay)
        .at_least(0)
        .text("time of each window before retraining can start")
        .unit("seconds");
    o.field("window_seconds", &R::window_seconds)
        .at_least(0)
        .text("length of a retraining window")
        .unit("seconds");
    o.field("quantum", &R::quantum).at_least(0).text("share stolen at a time");
    o.field("min_accuracy", &R::min_accuracy)
        .within(0, 1)
        .text("a_MIN: lowest inference accuracy allowed");
    o.field("max_job_share", &R::max_job_share)
        .above(0)
        .text("the most devices that one job can use; with reference scoring all devices");
    o.field("keep_models", &R::keep_models)
        .text("whether windows start with the models that earlier ones left");
    o.field("seed", &R::seed).text("seed of the noise");
}

}  // namespace

void describe(wire::Object<RecordedStream>& o) {
    using R = RecordedStream;
    o.field("stream", &R::stream).format(wire::plain_text).text("id of the stream");
    o.field("accuracy", &R::accuracy).within(0, 1).text("mean accuracy over the window");
    o.field("lowest_accuracy", &R::lowest_accuracy)
        .within(0, 1)
        .text("lowest accuracy in the window");
    o.field("retraining", &R::retraining)
        .nullable()
        .text("configuration that was begun; null = none");
    o.field("start", &R::start)
        .nullable()
        .text("start of the retraining, from the start of the window; null = not started")
        .unit("seconds");
    o.field("end", &R::end)
        .nullable()
        .text("end of the retraining, from the start of the window; null = not in it")
        .unit("seconds");
    o.field("counted_as", &R::counted_as)
        .omit_default()
        .text(
            "configuration of fewer epochs that a retraining which was ended early counts as; "
            "missing = its own");
}

void describe(wire::Object<RecordedShares>& o) {
    using R = RecordedShares;
    o.as_list();
    o.field("start", &R::start).text("instant, from the start of the window").unit("seconds");
    o.field("shares", &R::shares)
        .text(
            "share of each job from then on; jobs are <stream>_<index>_inference and "
            "<stream>_<index>_train_<configuration>");
}

void describe(wire::Object<RecordedWindow>& o) {
    using R = RecordedWindow;
    o.field("window", &R::window).text("name of the window");
    o.field("mean_accuracy", &R::mean_accuracy)
        .within(0, 1)
        .text("accuracy as it came out, mean over the streams");
    o.field("expected_accuracy", &R::expected_accuracy)
        .within(0, 1)
        .text("accuracy as planned, mean over the streams");
    o.field("decision_seconds", &R::decision_seconds)
        .at_least(0)
        .text("time of planning the window (measured)")
        .unit("seconds");
    o.field("bound", &R::bound)
        .within(0, 1)
        .text(
            "upper bound on the mean accuracy of all plans of this window; missing = not "
            "computed");
    o.field("violations", &R::violations).text("constraints that could not be held, in words");
    o.field("streams", &R::streams).text("how each stream fared");
    o.field("alloc", &R::alloc)
        .omit_default()
        .text("all shares from each instant on at which one changes; missing = not recorded");
}

void describe(wire::Object<SimulationRecord>& o) {
    using R = SimulationRecord;
    o.record("ekya.simulation/1", "What a policy did in simulated retraining windows.");
    settings_fields(o);
    o.field("streams", &R::streams).at_least(1).text("cameras simulated");
    o.field("mean_accuracy", &R::mean_accuracy)
        .within(0, 1)
        .text("inference accuracy, mean over streams, then windows");
    o.field("decision_seconds", &R::decision_seconds)
        .at_least(0)
        .text("mean time of planning a window, of all its plans (measured)")
        .unit("seconds");
    o.field("bound", &R::bound)
        .within(0, 1)
        .text(
            "upper bound on the mean accuracy of all plans, mean over the windows; missing = "
            "not computed");
    o.field("windows", &R::windows).text("the windows, in order");
}

void describe(wire::Object<CapacityRecord>& o) {
    using R = CapacityRecord;
    o.record("ekya.capacity/1", "How many streams a policy serves at a target accuracy.");
    settings_fields(o);
    o.field("target", &R::target).within(0, 1).text("mean accuracy to hold");
    o.field("streams", &R::streams)
        .text("the most cameras that hold the target among those simulated; 0 = none");
    o.field("mean_accuracy", &R::mean_accuracy)
        .within(0, 1)
        .nullable()
        .text("mean accuracy with so many streams; null if none");
}

}  // namespace ekya
