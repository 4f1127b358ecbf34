// One record of each type in which no field has its default value, for round trips.
#pragma once
#include "ekya/wire/records.hpp"

namespace ekya::test {

inline RetrainingConfig sample_config() {
    return {30, 0.1, TrainedLayers::last_stage, 16, 64, 0.0123456789012345678};
}

inline WindowManifest sample_manifest() {
    WindowManifest m;
    m.stream = "cam-1.north";
    m.window = 7;
    m.start = 70.1;
    m.end = 80.2;
    m.complete = false;
    m.width = 1280;
    m.height = 720;
    m.crop_size = 48;
    m.crops = 2;
    m.objects_from = "motion";
    m.damaged_packets = 3;
    m.gaps = {"stalled 71.0 s to 73.5 s", "\"quoted\" \\ ü"};
    m.first_frame = 5'000'000'000;  // more than 32 bits hold
    m.end_frame = 5'000'000'250;
    m.frames = {{5'000'000'000,
                 70.1,
                 "frame-5000000000.jpg",
                 {{{1.5, 2.25, 3.125, 1.0 / 3}, 0}, {{-1, -2, 3, 4}, 1}}},
                {5'000'000'001, 70.14, "", {{{10, 20, 30, 40}, -1}}},
                {5'000'000'002, 70.18, "", {}}};
    return m;
}

inline LabelSet sample_labels() {
    return {"a",
            7,
            "golden.onnx",
            0.3,
            false,
            1.25,
            {{0, "car", 0.9}, {4, "pedestrian", 0.1, false, 2.5}}};
}

inline std::vector<CachedModel> sample_cached() {
    return {{"w00001-e15", 0.7, {{{"bus", 1}}, 7, 9, "south"}}, {"w00003-e5", 0.66, {}}};
}

inline PlanningInput sample_input() {
    PlanningInput input;
    input.stream = "a";
    input.window = 8;
    input.accuracy = 0.61;
    input.retraining = {{sample_config(), 0.8, 3.1, "4_15"}, {{}, 0.7, 1e-9}};
    input.inference = {{{1, 32}, 1, 0.08}, {{4, 0}, 0.6, 0.02}};
    input.scene = {{{"car", 0.75}, {"pedestrian", 0.25}}, 18.5, 4.2, "north"};
    input.cached = sample_cached();
    input.start = {"w00001-e15", "b", 2};
    return input;
}

inline ProfileRecord sample_profile() {
    ProfileRecord p;
    p.stream = "a";
    p.window = 8;
    p.accuracy = 0.61;
    p.retraining = {{sample_config(), 0.8, 3.1, 0.03, 0.83, false}, {{}, 0.7, 1e-9}};
    p.inference = sample_input().inference;
    p.profiling_seconds = 0.4;
    p.scene = sample_input().scene;
    p.cached = sample_cached();
    p.drift = Drift{true, 0.19, 0.97, 0.3, 0.08, 0.7};
    p.start = {"w00001-e15", "b", 2};
    p.model = "w00007-e15";
    p.device = "cpu of 4 cores";
    p.labels = 210;
    p.samples = 800;
    p.parent_accuracy = 0.55;
    p.expected_change = -0.04;
    p.correction = -0.02;
    return p;
}

inline Truth sample_truth() {
    Truth t;
    t.stream = "a";
    t.window = 8;
    t.model = "w00007-e15";
    t.accuracy = 0.61;
    t.accuracy_now = 0.65;
    t.labels = 812;
    t.retraining = {{sample_config(), 0.8, 3.1, {0.78, 0.82}, 0.014, 0.83}, {{}, 0.7, 1e-9}};
    t.inference = sample_input().inference;
    t.cached = sample_cached();
    t.start = {"w00001-e15", "b", 2};
    t.device = "cpu of 4 cores";
    t.profiling_seconds = 40;
    return t;
}

inline Plan sample_plan() {
    Plan p;
    p.policy = "thief";
    p.window = 8;
    p.gpus = 2.5;
    p.horizon = 199.5;
    p.min_accuracy = 0.4;
    p.mean_accuracy = 0.75;
    p.decision_seconds = 0.0004;
    p.violations = {"stream b: below 0.4"};
    StreamPlan retrained, kept;
    retrained.stream = "a";
    retrained.retraining = PlannedRetraining{sample_config(), 0.4, 7.5, 0.8};
    retrained.steps = {{0, 0.1, 0.4, {2, 16}, 1, 0}, {7.5, 0.5, 0, {1, 32}}};
    retrained.expected_accuracy = 0.78;
    kept.stream = "b";
    kept.steps = {{0, 0.3, 0, {}}};
    kept.cached = "w00003-e5";
    p.streams = {retrained, kept};
    return p;
}

inline ModelCard sample_card() {
    ModelCard c;
    c.id = "w00008-e30";
    c.stream = "a";
    c.window = -1;
    c.architecture = {"resnet18", 0.5, 64, 16, 3, 32};
    c.classes = {"car", "pedestrian", "sign"};
    c.config = sample_config();
    c.parent = "base";
    c.data_windows = {5, 6};
    c.labels = 60;
    c.exemplars = 300;
    c.held_out = 15;
    c.accuracy = 0.86;
    c.final_loss = 0.31;
    c.device_seconds = 2.4;
    c.seconds = 4.9;
    c.seed = 9'000'000'000'000'000'000ULL;
    c.parameters = 701'466;
    c.macs = 3'000'000'000;
    c.sha256 = std::string(64, 'a');
    return c;
}

inline FrameHeader sample_header() {
    return {"a", 3, 5'000'000'000, 30.5, 640, 360, {{10, 20, 50, 60}, {0.5, 0, 1, 2}}};
}

inline WindowEnd sample_end() { return {"a", 3, 300, 5'000'000'000, 9.75, false, true}; }

inline FrameAnswer sample_answer() {
    return {"a",
            3,
            5'000'000'000,
            30.5,
            true,
            "base",
            {{{10, 20, 50, 60}, "car", 0.93}, {{1, 2, 3, 4}, "sign", 1.0 / 3}},
            0.004};
}

inline WindowAccuracy sample_accuracy() {
    WindowAccuracy a;
    a.stream = "a";
    a.window = 3;
    a.complete = false;
    a.seconds = 9.5;
    a.frames = 100;
    a.seen = 99;
    a.analysed = 50;
    a.lost = 1;
    a.objects = 812;
    a.correct = 700;
    a.accuracy = 700.0 / 812;
    a.models = {{"base", 300, 30}, {"w00003-e5", 350, 35.25}};
    a.device_seconds = 0.7;
    a.latency_p50 = 0.004;
    a.latency_p99 = 0.02;
    a.skipped = 3;
    return a;
}

inline ControlRequest sample_request() {
    return {ControlRequest::Kind::swap, "w00004-e15", 0.5, 2, 24};
}

inline ControlReply sample_reply() {
    return {false, "no such model", "a", "base", 340, 0.25, 3, 2, 331, 4, 0.012};
}

}  // namespace ekya::test
