#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/store/rename_class.hpp"
#include "store/stored.hpp"
#include "support/scratch.hpp"

using namespace ekya;

TEST_CASE(
    "rename_class: labels and cards have the new name, weights and order stay, twice is once") {
    test::Scratch scratch;
    const Store store(scratch.path());
    test::store_window(store, "a", 0, {"car", "pedestrian"});
    test::store_window(store, "a", 1, {"car"});
    store.write_model(test::card_of("a", "base"),
                      [](const auto& file) { std::ofstream(file) << "weights"; });
    CHECK(rename_class(store, "a", "pedestrian", "person").records == 2);
    CHECK(store.labels("a", 0).labels[1].class_name == "person");
    CHECK(store.labels("a", 1).labels[0].class_name == "car");
    CHECK(store.model("a", "base").classes == std::vector<std::string>{"car", "person"});
    CHECK(rename_class(store, "a", "pedestrian", "person").records == 0);
    CHECK_THROWS_WITH_AS(rename_class(store, "a", "car", "person"),
                         "stream a: model base knows both car and person", ConfigError);
}

TEST_CASE("rename_class: boxes in frames, which detection is trained on") {
    const test::Scratch scratch;
    const Store store(scratch.path());
    auto manifest = test::manifest_of("a", 0, 2);
    manifest.task = "detection";
    manifest.crop_size = manifest.crops = 0;
    store.write_window(manifest, {});
    LabelSet labels{"a", 0, "golden.onnx", 0.3, true, 0, {}};
    labels.frames = {{0, {{{0, 0, 8, 8}, "car", 1}, {{8, 8, 16, 16}, "pedestrian", 1}}}, {1, {}}};
    store.write_labels(labels);
    CHECK(rename_class(store, "a", "pedestrian", "person").records == 1);
    const auto renamed = store.labels("a", 0);
    CHECK(renamed.frames[0].boxes[0].class_name == "car");
    CHECK(renamed.frames[0].boxes[1].class_name == "person");
}

TEST_CASE("rename_class: a damaged record is set aside, the others are renamed at once") {
    const test::Scratch scratch;
    const Store store(scratch.path());
    for (int window = 0; window < 3; ++window)
        test::store_window(store, "a", window, {"car", "pedestrian"});
    test::write(store.labels_file("a", 1), "{");
    store.write_model(test::card_of("a", "base"),
                      [](const auto& file) { std::ofstream(file) << "weights"; });
    const auto renamed = rename_class(store, "a", "pedestrian", "person");
    CHECK(renamed.records == 3);
    REQUIRE(renamed.set_aside.size() == 1);
    CHECK(test::contains(renamed.set_aside[0], "the label set of window 1 is damaged"));
    CHECK_FALSE(store.has_labels("a", 1));
    CHECK(store.labels("a", 2).labels[1].class_name == "person");
    CHECK(store.model_cards("a")[0].classes[1] == "person");
}

TEST_CASE("rename_class: where a damaged record cannot be set aside, nothing is renamed") {
    const test::Scratch scratch;
    const Store store(scratch.path());
    for (int window = 0; window < 2; ++window)
        test::store_window(store, "a", window, {"car", "pedestrian"});
    test::write(store.labels_file("a", 1), "{");
    test::write(store.stream_directory("a") / "quarantine", "a file in its place");
    CHECK_THROWS_AS(rename_class(store, "a", "pedestrian", "person"), InputError);
    CHECK(store.labels("a", 0).labels[1].class_name == "pedestrian");
    std::filesystem::remove(store.labels_file("a", 1));
    CHECK(rename_class(store, "a", "pedestrian", "person").records == 1);
}
