#include <doctest/doctest.h>

#include "ekya/core/columns.hpp"
#include "ekya/profile/agreement.hpp"
#include "ekya/window/base_models.hpp"
#include "ekya/window/experiment.hpp"
#include "ekya/window/window_agreement.hpp"
#include "support/scratch.hpp"

using namespace ekya;

namespace {

/// 40 labels, of which the model answers so many as the golden model does.
LabelSet labelled(int window, int alike, const std::string& teacher) {
    LabelSet set;
    set.stream = "gate";
    set.window = window;
    set.teacher = teacher;
    std::vector<Grade> grades;
    for (int i = 0; i < 40; ++i) {
        set.labels.push_back({i, "car", 1});
        grades.push_back({i < alike ? 1.0 : 0.0, 1, 1});
    }
    set.agreement = agreement_of("base", grades, std::vector<double>(40, 1));
    return set;
}

void store_window(const Store& store, int window, int alike, const std::string& teacher,
                  std::optional<double> accuracy = {}) {
    WindowManifest manifest;
    manifest.stream = "gate";
    manifest.window = window;
    manifest.crop_size = 8;
    manifest.objects_from = "detector";
    store.write_window(manifest, {8, {}});
    store.write_labels(labelled(window, alike, teacher));
    WindowAccuracy result;
    result.stream = "gate";
    result.window = window;
    result.seconds = 10;
    result.utc = "2026-11-30T00:53:20Z";
    result.accuracy = accuracy;
    store.write_accuracy(result);
}

Results results_of(const Store& store) {
    Results results;
    results.policies = {collect_results(store, {"thief", {"gate"}, {}, {}, 10, 10})};
    return results;
}

}  // namespace

TEST_CASE("results: without annotations the agreement with the golden model is told, named so") {
    const test::Scratch scratch;
    const Store store(scratch.path());
    store_window(store, 2, 30, "golden.onnx");
    store_window(store, 3, 38, "golden.onnx");
    const auto results = results_of(store);
    const auto& stream = results.policies[0].streams[0];
    CHECK_FALSE(stream.mean_accuracy);
    REQUIRE(stream.windows.size() == 2);
    CHECK(stream.windows[0].utc == "2026-11-30T00:53:20Z");
    REQUIRE(stream.windows[0].agreement);
    CHECK(stream.windows[0].agreement->labels == 40);
    CHECK(stream.windows[0].agreement->share == doctest::Approx(0.75));
    REQUIRE(stream.agreement);
    CHECK(stream.agreement->labels == 80);
    CHECK(stream.agreement->share == doctest::Approx(0.85));
    const auto table = results_table(results);
    REQUIRE(table.size() == 6);  // too wide for one table
    CHECK(table[0].ends_with("agreement %"));
    CHECK(table[1].ends_with("  85 (76-91, n 80)"));
    CHECK(test::contains(table[1], "gate    -  "));  // no mean accuracy
    CHECK(table[3].empty());
    CHECK(table[4] == "policy  stream  agreement window by window %");
    CHECK(table[5] == "thief   gate    75 95");
    CHECK(score_text(store, "gate", 3) == "agrees 95 % (83-99, n 40)");
    CHECK(score_lines(store, {"gate", "yard"}, 2) ==
          std::vector<std::string>{"window 2:  gate agrees 75 % (60-86, n 40)  yard -"});
}

TEST_CASE("results: where annotations label and score, nothing is said of a golden model") {
    const test::Scratch scratch;
    const Store store(scratch.path());
    store_window(store, 2, 30, "annotations", 0.8);
    const auto results = results_of(store);
    CHECK_FALSE(results.policies[0].streams[0].windows[0].agreement);
    CHECK_FALSE(results.policies[0].streams[0].agreement);
    for (const auto& line : results_table(results)) CHECK_FALSE(test::contains(line, "agree"));
    CHECK(score_text(store, "gate", 2) == "80 %");
}

TEST_CASE("results_table: no line is longer than 100 columns, however many windows and streams") {
    PolicyResult policy;
    policy.policy = "thief";
    policy.mean_accuracy = 0.8;
    for (int s = 0; s < 8; ++s) {
        StreamResult stream;
        stream.stream = "camera-at-gate-" + std::to_string(s);
        stream.mean_accuracy = 0.8;
        stream.windows.resize(60);
        for (auto& window : stream.windows) {
            window.scored = true;
            window.accuracy = 0.81;
        }
        policy.streams.push_back(stream);
    }
    Results results;
    results.policies = {policy};
    std::size_t figures = 0;
    for (const auto& line : results_table(results)) {
        CHECK(columns_of(line) <= 100);
        for (auto at = line.find(" 81"); at != std::string::npos; at = line.find(" 81", at + 1))
            ++figures;
    }
    CHECK(figures == 8 * 60);  // all are there
}

TEST_CASE("labelling_trouble: over all windows of a stream") {
    const test::Scratch scratch;
    const Store store(scratch.path());
    CHECK(labelling_trouble(store, "gate").empty());
    for (int window = 0; window < 2; ++window) {
        store_window(store, window, 30, "golden.onnx");
        auto labels = store.labels("gate", window);
        labels.yield = LabelYield{8, 0, 1, 0, {{"cell phone", 7}}};
        store.write_labels(labels);
    }
    CHECK(labelling_trouble(store, "gate") ==
          "labelling: only 0 of 16 objects have a usable label: the teacher sees nothing in 2, "
          "other classes: cell phone 14 (see --class-map)");
}
