// What is known of a stream before a window is planned, and what was true afterwards.
#include "describe_parts.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace {

// Fields that PlanningInput, ProfileRecord and Truth share.

template <typename Record> void inference_field(wire::Object<Record>& o) {
    o.field("inference", &Record::inference)
        .at_least_entries(1)
        .at_most_entries(limits::configurations)
        .text("cost and accuracy of each inference configuration");
}

template <typename Record> void scene_field(wire::Object<Record>& o, const char* words) {
    o.field("scene", &Record::scene).omit_default().text(words);
}

template <typename Record> void start_field(wire::Object<Record>& o) {
    o.field("start", &Record::start)
        .omit_default()
        .text("where retrainings start; missing = at the deployed model, with all exemplars");
}

template <typename Record> void device_field(wire::Object<Record>& o) {
    o.field("device", &Record::device)
        .omit_default()
        .text(
            "device on which device-seconds count: cuda, or cpu of so many cores; missing = not "
            "known");
}

/// What each entry of `retraining` has.
template <typename Entry> void entry_fields(wire::Object<Entry>& o) {
    o.field("config", &Entry::config).text("the retraining configuration");
    o.field("accuracy", &Entry::accuracy).within(0, 1).text("accuracy of the retrained model");
    o.field("device_seconds", &Entry::device_seconds)
        .above(0)
        .text("cost of the retraining at a share of 1 of one device (measured)")
        .unit("device-seconds");
}

}  // namespace

void describe(wire::Object<RetrainingStart>& o) {
    using R = RetrainingStart;
    o.field("model", &R::model)
        .format(wire::file_name)
        .omit_default()
        .text("id of the model that retrainings start from; missing = the deployed one");
    o.field("stream", &R::stream)
        .format(wire::file_name)
        .omit_default()
        .text("id of the stream whose model that is; missing = this stream");
    o.field("exemplars_from", &R::exemplars_from)
        .at_least(0)
        .omit_default()
        .text("first window whose exemplars are trained on; those of earlier ones are forgotten");
}

void describe(wire::Object<InferenceEstimate>& o) {
    using R = InferenceEstimate;
    o.field("config", &R::config).text("the inference configuration");
    o.field("relative_accuracy", &R::relative_accuracy)
        .within(0, 1)
        .text("accuracy divided by that of analysing every frame at full resolution");
    o.field("share", &R::share)
        .within(0, limits::share)
        .text("share of one device that keeps up in real time (measured)");
}

void describe(wire::Object<Scene>& o) {
    using R = Scene;
    o.field("class_shares", &R::class_shares)
        .within(0, 1)
        .omit_default()
        .text("part of the objects of each class; adds up to 1; missing = not known");
    o.field("hour", &R::hour).at_least(0).below(24).text("hour of the day; missing = not known");
    o.field("objects_per_frame", &R::objects_per_frame)
        .at_least(0)
        .text("mean number of objects in a frame; missing = not known");
    o.field("place", &R::place)
        .not_empty()
        .format(wire::plain_text)
        .omit_default()
        .text("where the camera is or looks; missing = not known");
}

void describe(wire::Object<CachedModel>& o) {
    using R = CachedModel;
    o.field("id", &R::id).format(wire::file_name).text("id of the model");
    o.field("accuracy", &R::accuracy).within(0, 1).text("accuracy if it served in the window");
    scene_field(o, "what the data showed that it was trained for");
}

void describe(wire::Object<RetrainingOption>& o) {
    using R = RetrainingOption;
    entry_fields(o);
    o.field("name", &R::name)
        .not_empty()
        .format(wire::plain_text)
        .omit_default()
        .text("name of the configuration at its source; missing = made from its fields");
}

void describe(wire::Object<PlanningInput>& o) {
    using R = PlanningInput;
    o.record("ekya.planning-input/1",
             "All that a planner reads of one stream at the start of a window.");
    wire::stream_field(o, &R::stream);
    wire::window_field(o, &R::window, "index of the window to be planned, from 0");
    o.field("accuracy", &R::accuracy)
        .within(0, 1)
        .text("expected accuracy of the deployed model in the coming window");
    o.field("retraining", &R::retraining)
        .at_most_entries(limits::configurations)
        .text(
            "retrainings to choose from: their cost, and their accuracy expected in the coming "
            "window; ids differ");
    inference_field(o);
    scene_field(o, "what the stream's newest data show");
    o.field("cached", &R::cached)
        .at_most_entries(limits::configurations)
        .omit_default()
        .text("earlier models that could serve again, oldest first; ids differ");
    start_field(o);
}

void describe(wire::Object<ProfiledRetraining>& o) {
    using R = ProfiledRetraining;
    entry_fields(o);
    o.field("accuracy_error", &R::accuracy_error)
        .at_least(0)
        .text("standard deviation of accuracy; missing = not known");
    o.field("accuracy_now", &R::accuracy_now)
        .within(0, 1)
        .text(
            "accuracy of the retrained model on the newest window, before the changes that the "
            "coming window is expected to bring; missing = not known");
    o.field("tried", &R::tried)
        .omit_default()
        .text("false: estimated without a trial, from earlier windows");
}

void describe(wire::Object<Drift>& o) {
    using R = Drift;
    o.field("drifted", &R::drifted).text("whether the model is less accurate now, beyond noise");
    o.field("accuracy_fall", &R::accuracy_fall)
        .within(-1, 1)
        .text("fall of the accuracy since the model was promoted; negative = a rise");
    o.field("fall_probability", &R::fall_probability)
        .within(0, 1)
        .text("probability that the accuracy really fell");
    o.field("class_distance", &R::class_distance)
        .within(0, 1)
        .text("total variation of the class distributions");
    o.field("chance_distance", &R::chance_distance)
        .within(0, 1)
        .text("class_distance to be expected by chance, from so few labels of one distribution");
    o.field("feature_distance", &R::feature_distance)
        .at_least(0)
        .text("squared Frechet distance of the features as diagonal Gaussians, in variances");
}

void describe(wire::Object<ProfileRecord>& o) {
    using R = ProfileRecord;
    o.record("ekya.profile/1",
             "What the profiler found out about one stream before a window, and remembers in later "
             "ones.");
    wire::stream_field(o, &R::stream);
    wire::window_field(o, &R::window, "index of the window to be planned, from 0");
    o.field("accuracy", &R::accuracy)
        .within(0, 1)
        .text("expected accuracy of the deployed model in the coming window");
    o.field("retraining", &R::retraining)
        .at_most_entries(limits::configurations)
        .text(
            "retrainings that were profiled: their cost, and their accuracy expected in the "
            "coming window; configurations differ");
    inference_field(o);
    o.field("profiling_seconds", &R::profiling_seconds)
        .at_least(0)
        .text("cost of making this profile (measured)")
        .unit("device-seconds");
    scene_field(o, "what the stream's newest data show");
    o.field("cached", &R::cached)
        .at_most_entries(limits::configurations)
        .omit_default()
        .text("earlier models that could serve again, oldest first; ids differ");
    o.field("drift", &R::drift)
        .text(
            "how far the newest data lie from those that the deployed model learned from; "
            "missing = not looked for");
    start_field(o);
    o.field("model", &R::model)
        .format(wire::file_name)
        .omit_default()
        .text("id of the deployed model; missing = not known");
    device_field(o);
    o.field("labels", &R::labels)
        .at_least(0)
        .omit_default()
        .text(
            "fresh labels that accuracy was measured on, those of unequal weight counted as "
            "fewer; 0 = not known");
    o.field("samples", &R::samples)
        .at_least(0)
        .omit_default()
        .text("fresh labels and exemplars that trials drew from; 0 = not known");
    o.field("parent_accuracy", &R::parent_accuracy)
        .within(0, 1)
        .text(
            "accuracy, on the same labels, of the model that the deployed one was trained from; "
            "missing = not known");
    o.field("expected_change", &R::expected_change)
        .within(-1, 1)
        .omit_default()
        .text(
            "accuracy minus the deployed model's accuracy on the labels: what the coming window "
            "is expected to change");
    o.field("correction", &R::correction)
        .within(-1, 1)
        .omit_default()
        .text(
            "part of all accuracies after retraining: by how much earlier predictions were too "
            "low");
}

void describe(wire::Object<MeasuredRetraining>& o) {
    using R = MeasuredRetraining;
    entry_fields(o);
    o.field("accuracies", &R::accuracies)
        .within(0, 1)
        .at_least_entries(1)
        .omit_default()
        .text("accuracies of repeated trainings, whose mean accuracy is; missing = one training");
    o.field("accuracy_error", &R::accuracy_error)
        .at_least(0)
        .omit_default()
        .text("standard deviation of accuracy, by the number of objects; 0 = not known");
    o.field("accuracy_now", &R::accuracy_now)
        .within(0, 1)
        .text("accuracy of the retrained model on the window before; missing = not measured");
}

void describe(wire::Object<Truth>& o) {
    using R = Truth;
    o.record("ekya.truth/1",
             "What trainings with every configuration really gave, measured on the window they ran "
             "in; planning must not see it.");
    wire::stream_field(o, &R::stream);
    wire::window_field(o, &R::window, "index of the window that was measured on, from 0");
    o.field("model", &R::model).format(wire::file_name).text("id of the deployed model");
    o.field("accuracy", &R::accuracy)
        .within(0, 1)
        .text("accuracy of the deployed model on the window");
    o.field("accuracy_now", &R::accuracy_now)
        .within(0, 1)
        .text("accuracy of the deployed model on the window before; missing = not measured");
    o.field("labels", &R::labels)
        .at_least(0)
        .text(
            "objects of the window that were measured on, those of unequal weight counted as "
            "fewer");
    o.field("retraining", &R::retraining)
        .at_most_entries(limits::configurations)
        .text("what each retraining gave and cost; configurations differ");
    inference_field(o);
    o.field("cached", &R::cached).omit_default().text("earlier models, measured on the window");
    start_field(o);
    device_field(o);
    o.field("profiling_seconds", &R::profiling_seconds)
        .at_least(0)
        .text("cost of the measuring (measured)")
        .unit("device-seconds");
}

}  // namespace ekya
