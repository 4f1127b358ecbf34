#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "stored.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
namespace fs = std::filesystem;

namespace {

ModelCard store_model(const Store& store, const std::string& stream, const std::string& id,
                      const std::string& weights = "weights") {
    return store.write_model(card_of(stream, id),
                             [&](const fs::path& file) { write(file, weights); });
}

}  // namespace

TEST_CASE("Store: the layout that docs/store.md promises") {
    const Store store("/data");
    CHECK(store.root() == "/data");
    CHECK(store.window_directory("a", 3) == "/data/streams/a/windows/00003");
    CHECK(store.window_directory("a", 123456) == "/data/streams/a/windows/123456");
    CHECK(store.labels_file("a", 3) == "/data/streams/a/windows/00003/labels.json");
    CHECK(store.model_directory("a", "base") == "/data/streams/a/models/base");
    CHECK(store.weights_file("a", "base") == "/data/streams/a/models/base/weights.pt");
    CHECK(store.profile_file("a", 4) == "/data/streams/a/profiles/00004.json");
    CHECK(store.accuracy_file("a", 4) == "/data/streams/a/results/00004.json");
    CHECK(store.plan_file(4) == "/data/plans/00004.json");
}

TEST_CASE("Store: a window comes back with manifest, crops and kept frames") {
    const Scratch scratch;
    const Store store(scratch / "data");
    const auto manifest = manifest_of("a", 3, 17);
    CHECK_FALSE(store.has_window("a", 3));
    store.write_window(manifest, crops_of(17, 3), {{"frame-0000300.jpg", "JPEG"}});
    CHECK(store.has_window("a", 3));
    CHECK_FALSE(store.has_window("a", 4));
    CHECK_FALSE(store.has_window("b", 3));
    const auto again = store.window("a", 3);
    CHECK(encode(again) == encode(manifest));
    CHECK(store.crops(again).rgb == crops_of(17, 3).rgb);
    CHECK(content_of(store.window_directory("a", 3) / "frame-0000300.jpg") == "JPEG");
}

TEST_CASE("Store: a window without any object") {
    const Scratch scratch;
    const Store store(scratch.path());
    store.write_window(manifest_of("a", 0, 0), {});
    const auto manifest = store.window("a", 0);
    CHECK(manifest.frames.empty());
    CHECK(store.crops(manifest).count() == 0);
}

TEST_CASE("Store: a window of frames has no crops and no file of them") {
    const Scratch scratch;
    const Store store(scratch.path());
    auto manifest = manifest_of("a", 0, 2);
    manifest.task = "detection";
    manifest.objects_from = "model";
    manifest.crop_size = manifest.crops = 0;
    for (auto& frame : manifest.frames) frame.objects.clear();
    manifest.frames[0].image = "frame-0000000.jpg";
    CHECK_THROWS_AS(store.write_window(manifest, crops_of(2)), DomainError);
    store.write_window(manifest, {}, {{"frame-0000000.jpg", "JPEG"}});
    CHECK_FALSE(fs::exists(store.window_directory("a", 0) / "crops.png"));
    const auto again = store.window("a", 0);
    CHECK(encode(again) == encode(manifest));
    CHECK(store.crops(again).count() == 0);
    LabelSet labels{"a", 0, "golden.onnx", 1, true, 0, {}};
    labels.frames = {{0, {{{1, 2, 3, 4}, "car", 0.9}, {{5, 6, 7, 8}, "car", 0.2, true}}, false, 2},
                     {1, {}}};
    store.write_labels(labels);
    CHECK(store.labels("a", 0).frames == labels.frames);
}

TEST_CASE("Store: a window written again replaces the old one, its labels too") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_window(store, "a", 0, {"car", "car"});
    store.write_window(manifest_of("a", 0, 1), crops_of(1));
    CHECK(store.window("a", 0).crops == 1);
    CHECK_FALSE(store.has_labels("a", 0));  // they were of the old crops
    CHECK(std::distance(fs::directory_iterator(store.window_directory("a", 0).parent_path()), {}) ==
          1);
}

TEST_CASE("Store: windows() in ascending order, only whole ones") {
    const Scratch scratch;
    const Store store(scratch.path());
    CHECK(store.windows("a").empty());
    for (const int window : {10, 2, 0})
        store.write_window(manifest_of("a", window, 1), crops_of(1));
    store.write_window(manifest_of("b", 5, 1), crops_of(1));
    const auto windows = scratch / "streams/a/windows";
    write(windows / ".00003.part123/manifest.json", "{}");  // what a killed writer leaves
    write(windows / ".00003.part123/crops.png", "");
    write(windows / "00002.old123/manifest.json", "{}");
    write(windows / "00004/labels.json", "{}");  // labels alone are no window
    write(windows / "notes.txt", "");
    CHECK(store.windows("a") == std::vector<int>{0, 2, 10});
}

TEST_CASE("Store: a writer that fails half-way leaves no window") {
    const Scratch scratch;
    const Store store(scratch.path());
    auto manifest = manifest_of("a", 0, 1);
    manifest.start = std::numeric_limits<double>::quiet_NaN();  // cannot be said in JSON; the crops
                                                                // are written by then
    CHECK_THROWS_AS(store.write_window(manifest, crops_of(1)), DomainError);
    CHECK_FALSE(store.has_window("a", 0));
    CHECK(fs::is_empty(scratch / "streams/a/windows"));
}

TEST_CASE("Store: the record of another stream or window is refused") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_window(store, "a", 0, {"car"});
    fs::create_directories(scratch / "streams/b");
    fs::copy(scratch / "streams/a/windows", scratch / "streams/b/windows",
             fs::copy_options::recursive);
    CHECK(contains(message_of<InputError>([&] { (void)store.window("b", 0); }),
                   "manifest.json: holds the record of stream a, window 0"));
    CHECK(contains(message_of<InputError>([&] { (void)store.labels("b", 0); }),
                   "labels.json: holds the record of stream a, window 0"));
    fs::rename(store.window_directory("a", 0), store.window_directory("a", 1));
    CHECK_THROWS_AS((void)store.window("a", 1), InputError);
    CHECK_THROWS_AS((void)store.labels("a", 1), InputError);
}

TEST_CASE("Store: missing and damaged windows and labels are InputErrors that name the file") {
    const Scratch scratch;
    const Store store(scratch.path());
    CHECK(contains(message_of<InputError>([&] { (void)store.window("a", 0); }),
                   "00000/manifest.json"));
    CHECK(
        contains(message_of<InputError>([&] { (void)store.labels("a", 0); }), "00000/labels.json"));
    store_window(store, "a", 0, {"car"});
    const auto manifest = store.window("a", 0);
    write(store.window_directory("a", 0) / "manifest.json", "{\"schema\": ");
    CHECK(contains(message_of<InputError>([&] { (void)store.window("a", 0); }), "not valid JSON"));
    write(store.labels_file("a", 0), "[]");
    CHECK_THROWS_AS((void)store.labels("a", 0), InputError);
    fs::remove(store.window_directory("a", 0) / "crops.png");
    CHECK_THROWS_AS((void)store.crops(manifest), InputError);
}

TEST_CASE("Store: labels come back") {
    const Scratch scratch;
    const Store store(scratch.path());
    CHECK_FALSE(store.has_labels("a", 2));
    const auto labels = labels_of("a", 2, {"car", "pedestrian", "car"});
    store.write_labels(labels);
    CHECK(store.has_labels("a", 2));
    CHECK(encode(store.labels("a", 2)) == encode(labels));
}

TEST_CASE("Store: profiles, accuracies and plans lie where they are looked for") {
    const Scratch scratch;
    const Store store(scratch.path());
    ProfileRecord profile;
    profile.stream = "a";
    profile.window = 4;
    profile.inference = {{{1, 0}, 1, 0.1}};
    store.write_profile(profile);
    CHECK(encode(read_record<ProfileRecord>(store.profile_file("a", 4))) == encode(profile));
    WindowAccuracy accuracy;
    accuracy.stream = "a";
    accuracy.window = 4;
    store.write_accuracy(accuracy);
    CHECK(encode(read_record<WindowAccuracy>(store.accuracy_file("a", 4))) == encode(accuracy));
    Plan plan;
    plan.policy = "thief";
    plan.window = 4;
    store.write_plan(plan);
    CHECK(encode(read_record<Plan>(store.plan_file(4))) == encode(plan));
    CHECK(content_of(store.plan_file(4)).back() == '\n');
}

TEST_CASE("Store: a model comes back with its card; SHA-256 is filled in") {
    const Scratch scratch;
    const Store store(scratch.path());
    CHECK_FALSE(store.has_model("a", "base"));
    CHECK_FALSE(store.has_model("a", ""));
    const auto card = store_model(store, "a", "base", "abc");
    CHECK(card.sha256 ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2, B.1
    CHECK(store.has_model("a", "base"));
    CHECK(encode(store.model("a", "base")) == encode(card));
    CHECK(content_of(store.weights_file("a", "base")) == "abc");
}

TEST_CASE("Store: weights that are not the card's, missing ones and missing models are refused") {
    const Scratch scratch;
    const Store store(scratch.path());
    CHECK(contains(message_of<InputError>([&] { (void)store.model("a", "base"); }),
                   "no such model; stream a has none with the id \"base\""));
    store_model(store, "a", "base");
    write(store.weights_file("a", "base"), "others");
    const auto message = message_of<InputError>([&] { (void)store.model("a", "base"); });
    CHECK(contains(message, "weights.pt: SHA-256 "));
    CHECK(contains(message, "is not the card's"));
    fs::remove(store.weights_file("a", "base"));
    CHECK_THROWS_AS((void)store.model("a", "base"), InputError);
}

TEST_CASE("Store: the card of another stream or model is refused") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_model(store, "a", "base");
    for (const auto& [stream, id] : {std::pair{"a", "w00001"}, {"b", "base"}}) {
        fs::create_directories(store.model_directory(stream, id));
        fs::copy(store.model_directory("a", "base"), store.model_directory(stream, id));
        CHECK_THROWS_AS((void)store.model(stream, id), InputError);
    }
    store.set_serving("a", "base");
    fs::copy(scratch / "streams/a/serving.json", scratch / "streams/b/serving.json");
    CHECK_THROWS_AS((void)store.serving("b"), InputError);
}

TEST_CASE("Store: a training that fails while saving leaves no model, and the old one as it was") {
    const Scratch scratch;
    const Store store(scratch.path());
    const auto failing = [](const fs::path& file) {
        write(file, "half");
        throw SystemError("disk full");
    };
    CHECK_THROWS_AS((void)store.write_model(card_of("a", "base"), failing), SystemError);
    CHECK_FALSE(store.has_model("a", "base"));
    CHECK(fs::is_empty(scratch / "streams/a/models"));
    store_model(store, "a", "base", "old");
    CHECK_THROWS_AS((void)store.write_model(card_of("a", "base"), failing), SystemError);
    CHECK(content_of(store.weights_file("a", "base")) == "old");
    CHECK_NOTHROW((void)store.model("a", "base"));
}

TEST_CASE("Store: the serving model, and the one before it") {
    const Scratch scratch;
    const Store store(scratch.path());
    CHECK_FALSE(store.serving("a"));
    store_model(store, "a", "base");
    store_model(store, "a", "w00002-e5");
    store.set_serving("a", "base");
    CHECK(store.serving("a") == "base");
    CHECK_FALSE(store.serving("b"));
    store.set_serving("a", "w00002-e5");
    CHECK(store.serving("a") == "w00002-e5");
    const auto json = parse_json(content_of(scratch / "streams/a/serving.json"), "serving.json");
    CHECK(json.at("previous") == "base");
    CHECK_NOTHROW((void)decode<ServingRecord>(json, "serving.json"));
    CHECK(store.served_before("a") == "base");
    store.set_serving("a", "w00002-e5");  // set again, the one before stays known
    CHECK(store.served_before("a") == "base");
    CHECK_FALSE(store.served_before("b"));
    store.set_serving("a", "base");
    CHECK(store.served_before("a") == "w00002-e5");
}

TEST_CASE("Store: only what is stored can serve; the old one goes on") {
    const Scratch scratch;
    const Store store(scratch.path());
    CHECK_THROWS_AS(store.set_serving("a", "base"), InputError);
    CHECK_FALSE(store.serving("a"));
    store_model(store, "a", "base");
    store.set_serving("a", "base");
    CHECK(contains(message_of<InputError>([&] { store.set_serving("a", "w00009"); }),
                   "cannot serve model \"w00009\""));
    CHECK_THROWS_AS(store.set_serving("a", ""), InputError);
    CHECK(store.serving("a") == "base");
    write(scratch / "streams/a/serving.json", "{");
    CHECK_THROWS_AS((void)store.serving("a"), InputError);
}

TEST_CASE("sha256_of: the standard's vectors, a long file, a missing one") {
    const Scratch scratch;
    write(scratch / "file", "");
    CHECK(sha256_of(scratch / "file") ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    write(scratch / "file", std::string(1'000'000, 'a'));
    CHECK(sha256_of(scratch / "file") ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    CHECK_THROWS_AS((void)sha256_of(scratch / "none"), InputError);
    CHECK_THROWS_AS((void)sha256_of(scratch.path()), InputError);
}
