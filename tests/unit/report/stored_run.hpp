// Stores of a service and of an experiment, a few windows each, for tests of reports.
#pragma once
#include "ekya/profile/agreement.hpp"
#include "ekya/store/store.hpp"
#include "ekya/wire/records.hpp"
#include "support/scratch.hpp"

namespace ekya::test {

inline constexpr double service_begin = 1764547200;  // 2025-12-01T00:00:00Z
inline constexpr Seconds window_seconds = 10;

inline WindowAccuracy accuracy_of(const std::string& stream, int window,
                                  std::optional<double> accuracy) {
    WindowAccuracy result;
    result.stream = stream;
    result.window = window;
    result.seconds = window_seconds;
    result.frames = 100;
    result.analysed = 90;
    result.lost = 4;
    result.accuracy = accuracy;
    return result;
}

inline RetrainingRecord retraining_of(const std::string& stream, int window,
                                      RetrainingOutcome outcome) {
    using What = RetrainingMoment::What;
    RetrainingRecord record;
    record.stream = stream;
    record.window = window;
    record.config = "e5-f1-head-b32-h0-lr0.02";
    record.expected_accuracy = 0.8;
    record.expected_end = 6;
    record.moments = {{What::planned, 1, 0.5},
                      {What::started, 2, 0.5},
                      {What::share, 4, 0.25},
                      {What::trained, 6, 0},
                      {What::ended, 6.5, 0}};
    record.outcome = outcome;
    record.model = "w1";
    record.granted = 1.5;
    record.used = 1.2;
    return record;
}

inline ProfileRecord profile_of(const std::string& stream, int window, const std::string& model,
                                const std::string& class_name = "car") {
    ProfileRecord profile;
    profile.stream = stream;
    profile.window = window;
    profile.accuracy = 0.7;
    profile.model = model;
    profile.labels = 50;
    profile.inference = {{{1, 0}, 1, 0.1}};
    profile.retraining = {{{5, 1, TrainedLayers::head, 32, 0, 0.02}, 0.8, 2}};
    profile.scene.class_shares = {{class_name, 0.75}, {"person", 0.25}};
    profile.drift = Drift{true, 0.1, 0.99, 0.3, 0.1, {}};
    return profile;
}

inline LabelSet golden_labels(const std::string& stream, int window, double share) {
    LabelSet set;
    set.stream = stream;
    set.window = window;
    set.teacher = "golden.onnx";
    set.agreement = Agreement{"base", 40, share, share - 0.1, share + 0.05};
    set.yield = LabelYield{100, 60, 10, 20, {{"cat", 10}}};
    return set;
}

/// Windows 3 and 4 of the camera "gate"; in 4 it was retrained, and its model took over.
inline void write_service(const std::filesystem::path& root,
                          const std::string& class_name = "car") {
    const Store store(root);
    for (const int window : {3, 4}) {
        auto accuracy = accuracy_of("gate", window, {});
        accuracy.utc = window == 3 ? "2025-12-01T00:00:30Z" : "2025-12-01T00:00:40Z";
        accuracy.models = {{"base", 300, 10.0 * window}};
        if (window == 4) accuracy.models.push_back({"w1", 465, 46.5});
        store.write_accuracy(accuracy);
        store.write_labels(golden_labels("gate", window, window == 3 ? 0.6 : 0.9));
        store.write_profile(profile_of("gate", window, "base", class_name));
    }
    store.write_profile(profile_of("gate", 5, "w1", class_name));
    store.write_retraining(retraining_of("gate", 4, RetrainingOutcome::served));
    write(root / "jobs/gate.infer/use.jsonl",
          "{\"schema\":\"ekya.job-use/1\",\"time\":1764547230,\"seconds\":10,\"share\":0.4,"
          "\"paused\":false,\"used\":2,\"throttled\":0}\n"
          "cut off by a crash\n");
    Plan plan;
    plan.policy = "best";
    plan.window = 4;
    plan.gpus = 1;
    plan.horizon = 8;
    plan.streams = {{"gate", {}, {{0, 0.3, 0.5, {}}, {6, 0.9, 0, {}}}, 0.8}};
    store.write_plan(plan);
}

/// Two policies, streams a and b, windows 2 and 3; video runs twice as fast as time.
inline void write_experiment(const std::filesystem::path& root) {
    write(root / ".settings", "{\"window\":\"10\",\"pace\":\"2\"}\n");
    for (const std::string policy : {"best", "none"}) {
        write(root / policy / ".starts", "{\"2\":1000}\n");
        const Store store(root / policy);
        for (const std::string stream : {"a", "b"})
            for (const int window : {2, 3}) {
                const double base = policy == "best" ? 0.8 : 0.6;
                store.write_accuracy(accuracy_of(stream, window, base + (stream == "a" ? 0.1 : 0)));
            }
    }
    write(root / "best/jobs/a.infer/use.jsonl",
          "{\"schema\":\"ekya.job-use/1\",\"time\":1005,\"seconds\":5,\"share\":0.5,"
          "\"paused\":false,\"used\":1,\"throttled\":0}\n");
}

}  // namespace ekya::test
