#include <doctest/doctest.h>

#include <fstream>

#include "ekya/store/retention.hpp"
#include "store/stored.hpp"
#include "support/scratch.hpp"

using namespace ekya;
namespace fs = std::filesystem;

namespace {

constexpr double hour = 3600, now = 1'800'000'000;

void age(const fs::path& path, double hours) {
    const auto time = std::chrono::sys_time<std::chrono::seconds>(
        std::chrono::seconds(static_cast<long long>(now - hours * hour)));
    fs::last_write_time(path, std::chrono::file_clock::from_sys(time));
}

void write(const fs::path& file, std::size_t bytes) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << std::string(bytes, 'x');
}

ModelCard add_model(const Store& store, const std::string& id, const std::string& parent,
                    double hours) {
    ModelCard card = test::card_of("a", id);
    card.parent = parent;
    card = store.write_model(card, [](const fs::path& file) { write(file, 1000); });
    age(store.model_directory("a", id), hours);
    return card;
}

/// Windows 0 to 9 of stream a, window w from 10 - w hours ago, four labels in each.
struct Fixture {
    test::Scratch scratch;
    Store store{scratch.path()};
    Fixture() {
        for (int window = 0; window < 10; ++window) {
            test::store_window(store, "a", window, {"car", "car", "pedestrian", "car"});
            age(store.window_directory("a", window), 10 - window);
        }
    }
    [[nodiscard]] std::vector<int> windows() const { return store.windows("a"); }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "prune: windows older than the limit go, those with exemplars stay") {
    RetentionRule rule;
    rule.keep_hours = 4.5;
    rule.exemplars = 10;  // of three windows
    const auto pruned = prune(store, rule, now);
    CHECK(windows() == std::vector<int>{6, 7, 8, 9});
    CHECK(pruned.windows == 6);
    CHECK(pruned.bytes > 0);
    CHECK_FALSE(pruned.too_much);
    rule.exemplars = 25;  // of seven, but three are gone already
    rule.keep_hours = 0.5;
    CHECK(prune(store, rule, now).windows == 0);
    rule.exemplars = 0;
    CHECK(prune(store, rule, now).windows == 2);
    CHECK(windows() == std::vector<int>{8, 9});  // the newest two are being learned from
}

TEST_CASE_FIXTURE(Fixture, "prune: windows whose labelling gave nothing hold no exemplars") {
    for (int window = 0; window < 10; ++window)
        store.write_labels(test::labels_of("a", window, {}));
    for (int window = 0; window < 10; ++window)
        age(store.window_directory("a", window), 10 - window);
    RetentionRule rule;
    rule.keep_hours = 0.5;
    CHECK(prune(store, rule, now).windows == 8);
    CHECK(windows() == std::vector<int>{8, 9});
}

TEST_CASE_FIXTURE(Fixture, "prune: beyond a size the oldest goes first, and no more than needed") {
    RetentionRule rule;
    rule.exemplars = 0;
    const auto all = static_cast<double>(prune(store, rule, now).kept);
    rule.keep_gigabytes = 0.65 * all / 1e9;
    const auto pruned = prune(store, rule, now);
    CHECK(windows() == std::vector<int>{4, 5, 6, 7, 8, 9});
    CHECK(static_cast<double>(pruned.kept) <= 0.65 * all);
    CHECK_FALSE(pruned.too_much);
    rule.keep_gigabytes = 0.05 * all / 1e9;  // less than what is needed
    CHECK(prune(store, rule, now).too_much);
    CHECK(windows() == std::vector<int>{8, 9});

    test::store_window(store, "b", 0, {"car"});
    rule = {};
    rule.camera_gigabytes = 1e-9;
    CHECK(prune(store, rule, now).too_much);
    CHECK(store.windows("b") == std::vector<int>{0});
}

TEST_CASE_FIXTURE(Fixture,
                  "prune: models that serve, served before, their parents and pinned ones stay") {
    add_model(store, "base", "", 90);
    add_model(store, "w1", "base", 80);
    add_model(store, "w2", "w1", 70);
    add_model(store, "w3", "w2", 60);
    add_model(store, "w4", "w3", 50);
    add_model(store, "w5", "w4", 0.1);
    store.set_serving("a", "w3");
    store.set_serving("a", "w4");
    write(store.model_directory("a", "base") / "pinned", 0);
    age(store.model_directory("a", "base"), 90);
    RetentionRule rule;
    rule.keep_hours = 1;
    CHECK(prune(store, rule, now).models == 1);
    CHECK_FALSE(store.has_model("a", "w1"));
    for (const char* id : {"base", "w2", "w3", "w4", "w5"}) CHECK(store.has_model("a", id));
}

TEST_CASE_FIXTURE(Fixture,
                  "prune: frames go when their window is labelled, logs and plans by age") {
    auto manifest = test::manifest_of("a", 10, 2);
    manifest.frames[0].image = "frame-0000000.jpg";
    store.write_window(manifest, test::crops_of(2, 10), {{"frame-0000000.jpg", "jpeg"}});
    write(store.root() / "logs/00001/label.log", 10);
    write(store.root() / "logs/a.ingest.log", 10);
    write(store.root() / "jobs/00001/label/job.json", 10);
    write(store.root() / "plans/00001.json", 10);
    for (const char* path : {"logs/00001", "jobs/00001", "plans/00001.json", "logs/a.ingest.log"})
        age(store.root() / path, 50);
    RetentionRule rule;
    rule.keep_hours = 24;
    auto pruned = prune(store, rule, now);
    CHECK(pruned.frames == 0);
    CHECK(pruned.others == 3);
    CHECK(fs::exists(store.root() / "logs/a.ingest.log"));
    store.write_labels(test::labels_of("a", 10, {"car"}));
    pruned = prune(store, rule, now);
    CHECK(pruned.frames == 1);
    CHECK(store.crops(store.window("a", 10)).count() == 2);
    rule.keep_frames = true;
    CHECK(prune(store, rule, now).frames == 0);
}

TEST_CASE_FIXTURE(Fixture, "prune: labelled frames of a window without crops stay with it") {
    auto manifest = test::manifest_of("b", 0, 3);
    manifest.task = "detection";
    manifest.crop_size = manifest.crops = 0;
    std::vector<Store::KeptFrame> frames;
    for (int i = 0; i < 3; ++i) {
        manifest.frames[static_cast<std::size_t>(i)].image =
            "frame-000000" + std::to_string(i) + ".jpg";
        frames.push_back({manifest.frames[static_cast<std::size_t>(i)].image, "jpeg"});
    }
    store.write_window(manifest, {}, frames);
    RetentionRule rule;
    CHECK(prune_frames(store, rule) == 0);  // not labelled yet
    LabelSet labels{"b", 0, "golden.onnx", 0.3, true, 0, {}};
    labels.frames = {{1, {}}};
    store.write_labels(labels);
    CHECK(prune_frames(store, rule) == 2);
    CHECK(prune(store, rule, now).frames == 0);
    CHECK(fs::exists(store.window_directory("b", 0) / "frame-0000001.jpg"));
}

TEST_CASE_FIXTURE(Fixture, "prune_frames: of the newest windows, once they are labelled or older") {
    const auto frame = [this](int window) {
        return store.window_directory("a", window) / "frame-0000001.jpg";
    };
    for (int window = 0; window < 10; ++window) write(frame(window), 100);
    fs::remove(store.labels_file("a", 9));
    fs::remove(store.labels_file("a", 6));
    RetentionRule rule;
    rule.newest_windows = 2;
    rule.keep_frames = true;
    CHECK(prune_frames(store, rule) == 0);
    rule.keep_frames = false;
    CHECK(prune_frames(store, rule) == 5);  // windows 4 to 8: one of the two newest has no labels
    for (int window = 0; window < 10; ++window)
        CHECK(fs::exists(frame(window)) == (window < 4 || window == 9));
    CHECK(windows().size() == 10);
    (void)prune(store, rule, now);  // which looks at all of them
    for (int window = 0; window < 10; ++window) CHECK(fs::exists(frame(window)) == (window == 9));
}

TEST_CASE_FIXTURE(Fixture, "prune: a file counts with what it takes of the disk") {
    const auto kept = prune(store, {}, now).kept;
    const auto sparse = store.window_directory("a", 9) / "sparse";
    write(sparse, 1);
    fs::resize_file(sparse, 1'000'000'000'000);
    RetentionRule rule;
    rule.exemplars = 0;
    rule.keep_gigabytes = 10;
    const auto pruned = prune(store, rule, now);
    CHECK(pruned.windows == 0);
    CHECK(pruned.kept < kept + 1'000'000);
}

TEST_CASE_FIXTURE(Fixture, "prune: what is never deleted makes nothing else go") {
    RetentionRule rule;
    rule.exemplars = 0;
    const auto before = prune(store, rule, now);
    write(store.stream_directory("a") / "quarantine" / "windows-00003", 4'000'000);
    write(store.root() / "quarantine" / "plans-00003.json", 4'000'000);
    write(store.root() / "somebody's", 4'000'000);
    rule.keep_gigabytes = rule.camera_gigabytes = 0.003;
    const auto pruned = prune(store, rule, now);
    CHECK(pruned.windows == 0);
    CHECK_FALSE(pruned.too_much);
    CHECK(pruned.kept == before.kept);
    CHECK(pruned.uncounted - before.uncounted >= 12'000'000);
}

TEST_CASE_FIXTURE(Fixture, "prune: a model that is chosen meanwhile stays") {
    for (const char* id : {"w1", "w2", "w3"}) add_model(store, id, "", 60);
    store.set_serving("a", "w3");
    RetentionRule rule;
    rule.keep_hours = 20;  // of the windows none is as old
    int gone = 0;
    CHECK(prune(store, rule, now, [&](const fs::path& path) {
              if (gone++ == 0) store.set_serving("a", path.filename());
          }).models == 1);
    CHECK(store.has_model("a", *store.serving("a")));
    CHECK(gone == 2);
}

TEST_CASE_FIXTURE(Fixture,
                  "prune: a stream whose record of what serves is damaged stops no other") {
    add_model(store, "w1", "", 60);
    store.set_serving("a", "w1");
    test::store_window(store, "b", 0, {"car"});
    (void)store.write_model(test::card_of("b", "w1"),
                            [](const fs::path& file) { write(file, 1000); });
    write(store.stream_directory("b") / "serving.json", 10);
    RetentionRule rule;
    rule.keep_hours = 4.5;
    rule.exemplars = 0;
    const auto pruned = prune(store, rule, now);
    CHECK(windows() == std::vector<int>{6, 7, 8, 9});
    CHECK(pruned.stuck == 1);
    CHECK(store.has_model("b", "w1"));
}
