#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/store/quarantine.hpp"
#include "ekya/store/retention.hpp"
#include "ekya/store/store_lock.hpp"
#include "store/stored.hpp"
#include "support/scratch.hpp"

using namespace ekya;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& file, const std::string& content) {
    std::ofstream(file, std::ios::trunc | std::ios::binary) << content;
}

void replace(const fs::path& file, const std::string& from, const std::string& to) {
    std::string content = read_file(file);
    const auto at = content.find(from);
    REQUIRE(at != std::string::npos);
    write(file, content.replace(at, from.size(), to));
}

void cut(const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }

void lead_out(const fs::path& path, const fs::path& outside) {
    fs::create_directories(outside.parent_path());
    fs::rename(path, outside);
    fs::create_symlink(outside, path);
}

/// Stream a with windows 0 to 3 and models old, before and new, of which new serves.
struct Fixture {
    test::Scratch scratch;
    Store store{scratch / "store"};
    fs::path outside = scratch / "outside" / "thing";

    Fixture() {
        for (int window = 0; window < 4; ++window)
            test::store_window(store, "a", window, {"car", "car", "pedestrian"});
        int window = 1;
        for (const char* id : {"old", "before", "new"}) {
            ModelCard card = test::card_of("a", id);
            card.window = window++;
            (void)store.write_model(card, [&](const fs::path& file) { write(file, id); });
        }
        store.set_serving("a", "before");
        store.set_serving("a", "new");
    }
    [[nodiscard]] fs::path stream() const { return store.root() / "streams" / "a"; }
    [[nodiscard]] fs::path window(int number) const { return store.window_directory("a", number); }
    [[nodiscard]] fs::path model(const char* id) const { return store.model_directory("a", id); }
    [[nodiscard]] std::vector<std::string> look() const { return set_aside_damaged(store, "a", 4); }
    [[nodiscard]] bool is_set_aside(const std::string& name) const {
        return fs::exists(fs::symlink_status(stream() / "quarantine" / name));
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("set_aside_damaged: a whole store stays as it is") {
    const Fixture f;
    CHECK(f.look().empty());
    CHECK(set_aside_damaged_profiles(f.store, "a").empty());
    CHECK(set_aside_damaged_plans(f.store).empty());
    CHECK_FALSE(fs::exists(f.stream() / "quarantine"));
}

TEST_CASE("set_aside_damaged: windows") {
    struct State {
        const char* name;
        std::function<void(const Fixture&)> damage;
        const char* why;
    };
    const std::vector<State> states{
        {"an empty manifest", [](auto& f) { write(f.window(3) / "manifest.json", ""); },
         "manifest.json"},
        {"a manifest cut off", [](auto& f) { cut(f.window(3) / "manifest.json"); },
         "manifest.json"},
        {"a manifest of zeros",
         [](auto& f) { write(f.window(3) / "manifest.json", std::string(1000, '\0')); },
         "manifest.json"},
        {"a manifest of another window",
         [](auto& f) {
             fs::copy_file(f.window(2) / "manifest.json", f.window(3) / "manifest.json",
                           fs::copy_options::overwrite_existing);
         },
         "does not belong here"},
        {"a manifest that is nested 100,000 times",
         [](auto& f) { write(f.window(3) / "manifest.json", std::string(100'000, '[')); },
         "manifest.json"},
        {"600,000,000 crops",
         [](auto& f) {
             replace(f.window(3) / "manifest.json", "\"crops\":3", "\"crops\":600000000");
         },
         "600000000 is above"},
        {"one crop more than the sheet has room for",
         [](auto& f) { replace(f.window(3) / "manifest.json", "\"crops\":3", "\"crops\":17"); },
         "17 crops"},
        {"a frame's image outside the window",
         [](auto& f) {
             replace(f.window(3) / "manifest.json", "\"frame\":300",
                     "\"image\":\"../../../../secret.png\",\"frame\":300");
         },
         "is not a name of"},
        {"a frame's image with an absolute name",
         [](auto& f) {
             replace(f.window(3) / "manifest.json", "\"frame\":300",
                     "\"image\":\"/etc/passwd\",\"frame\":300");
         },
         "is not a name of"},
        {"a manifest that is a directory",
         [](auto& f) {
             fs::remove(f.window(3) / "manifest.json");
             fs::create_directory(f.window(3) / "manifest.json");
         },
         "directory"},
        {"no sheet of crops", [](auto& f) { fs::remove(f.window(3) / "crops.png"); }, "crops.png"},
        {"a sheet cut off", [](auto& f) { cut(f.window(3) / "crops.png"); }, "crops.png"},
        {"a sheet that is text", [](auto& f) { write(f.window(3) / "crops.png", "text"); },
         "crops.png"},
        {"a flipped byte in the sheet",
         [](auto& f) {
             auto bytes = read_file(f.window(3) / "crops.png");
             bytes[bytes.size() / 2] ^= 1;
             write(f.window(3) / "crops.png", bytes);
         },
         "crops.png"},
        {"the window leads out of the store", [](auto& f) { lead_out(f.window(3), f.outside); },
         "leads out of the store"},
        {"the manifest leads out of the store",
         [](auto& f) { lead_out(f.window(3) / "manifest.json", f.outside); },
         "leads out of the store"},
        {"the sheet leads out of the store",
         [](auto& f) { lead_out(f.window(3) / "crops.png", f.outside); }, "leads out of the store"},
        {"the manifest leads to itself",
         [](auto& f) {
             fs::remove(f.window(3) / "manifest.json");
             fs::create_symlink("crops.png", f.window(3) / "manifest.json");
         },
         "manifest.json"},
    };
    for (const auto& state : states) {
        CAPTURE(state.name);
        const Fixture f;
        state.damage(f);
        const auto told = f.look();
        REQUIRE(told.size() == 1);
        CHECK_MESSAGE(contains(told[0], "stream a: window 3 is damaged: "), told[0]);
        CHECK_MESSAGE(contains(told[0], state.why), told[0]);
        CHECK_MESSAGE(contains(told[0], "; set aside as "), told[0]);
        CHECK(f.is_set_aside("windows-00003"));
        CHECK(f.store.windows("a") == std::vector{0, 1, 2});
        CHECK(f.look().empty());
    }
}

TEST_CASE("set_aside_damaged: labels go alone, the window stays") {
    for (const char* content : {"", "{}", "text", "{\"schema\":\"ekya.labels/1\"}"}) {
        const Fixture f;
        write(f.store.labels_file("a", 2), content);
        const auto told = f.look();
        REQUIRE(told.size() == 1);
        CHECK(contains(told[0], "the label set of window 2 is damaged"));
        CHECK(f.is_set_aside("windows-00002-labels.json"));
        CHECK(f.store.has_window("a", 2));
        CHECK_FALSE(f.store.has_labels("a", 2));
    }
}

TEST_CASE("set_aside_damaged: in place of a damaged model the one before it serves") {
    struct State {
        const char* name;
        std::function<void(const Fixture&)> damage;
        const char* why;
    };
    const std::vector<State> states{
        {"a flipped byte of the weights",
         [](auto& f) { write(f.model("new") / "weights.pt", "nev"); }, "SHA-256"},
        {"empty weights", [](auto& f) { write(f.model("new") / "weights.pt", ""); }, "SHA-256"},
        {"no weights", [](auto& f) { fs::remove(f.model("new") / "weights.pt"); }, "weights.pt"},
        {"an empty card", [](auto& f) { write(f.model("new") / "card.json", ""); }, "card.json"},
        {"a card cut off", [](auto& f) { cut(f.model("new") / "card.json"); }, "card.json"},
        {"another model's card",
         [](auto& f) {
             fs::copy_file(f.model("old") / "card.json", f.model("new") / "card.json",
                           fs::copy_options::overwrite_existing);
         },
         "does not belong here"},
        {"the model leads out of the store", [](auto& f) { lead_out(f.model("new"), f.outside); },
         "leads out of the store"},
        {"the card leads out of the store",
         [](auto& f) { lead_out(f.model("new") / "card.json", f.outside); },
         "leads out of the store"},
        {"the weights lead out of the store",
         [](auto& f) { lead_out(f.model("new") / "weights.pt", f.outside); },
         "leads out of the store"},
    };
    for (const auto& state : states) {
        CAPTURE(state.name);
        const Fixture f;
        state.damage(f);
        const auto told = f.look();
        REQUIRE(told.size() == 2);
        CHECK_MESSAGE(contains(told[0], "stream a: model new is damaged: "), told[0]);
        CHECK_MESSAGE(contains(told[0], state.why), told[0]);
        CHECK_MESSAGE(contains(told[1], "model before serves in place"), told[1]);
        CHECK(f.is_set_aside("models-new"));
        CHECK(f.store.serving("a") == "before");
        CHECK_NOTHROW((void)f.store.model("a", "before"));
        CHECK(f.look().empty());
    }
}

TEST_CASE("set_aside_damaged: the newest whole model serves if the one before is damaged as well") {
    const Fixture f;
    write(f.model("new") / "weights.pt", "x");
    write(f.model("before") / "weights.pt", "x");
    CHECK(f.look().size() == 3);
    CHECK(f.store.serving("a") == "old");
    write(f.model("old") / "weights.pt", "x");
    const auto told = f.look();
    REQUIRE(told.size() == 2);
    CHECK(contains(told[1], "no other model is stored"));
}

TEST_CASE("set_aside_damaged: the record of what serves") {
    for (const char* content : {"", "[]", "{\"schema\":\"ekya.serving/1\",\"stream\":\"b\"}"}) {
        const Fixture f;
        write(f.stream() / "serving.json", content);
        const auto told = f.look();
        REQUIRE(told.size() == 2);
        CHECK(contains(told[0], "the record of its serving model is damaged"));
        CHECK(f.is_set_aside("serving.json"));
        CHECK(f.store.serving("a") == "new");
    }
}

TEST_CASE("set_aside_damaged_model: another model may serve on") {
    const Fixture f;
    CHECK(set_aside_damaged_model(f.store, "a", "old").empty());
    write(f.model("old") / "weights.pt", "x");
    CHECK(set_aside_damaged_model(f.store, "a", "old").size() == 1);
    CHECK(f.is_set_aside("models-old"));
    CHECK(f.store.serving("a") == "new");
}

TEST_CASE("set_aside_damaged: profiles and plans") {
    const Fixture f;
    fs::create_directories(f.stream() / "profiles");
    fs::create_directories(f.store.root() / "plans");
    write(f.stream() / "profiles" / "00002.json", "{");
    write(f.store.root() / "plans" / "00003.json", "{\"schema\":\"ekya.plan/1\"}");
    CHECK_THROWS_AS((void)f.store.profiles("a"), InputError);
    CHECK_THROWS_AS((void)f.store.newest_plan(), InputError);
    CHECK(set_aside_damaged_profiles(f.store, "a").size() == 1);
    CHECK(set_aside_damaged_plans(f.store).size() == 1);
    CHECK(f.is_set_aside("profiles-00002.json"));
    CHECK(fs::exists(f.store.root() / "quarantine" / "plans-00003.json"));
    CHECK(f.store.profiles("a").empty());
    CHECK_FALSE(f.store.newest_plan());
}

TEST_CASE("set_aside_damaged: nothing is replaced in the quarantine, and its names are bounded") {
    const Fixture f;
    for (const char* name : {"windows-00003", "windows-00003.1"}) {
        test::store_window(f.store, "a", 3, {"car"});
        write(f.window(3) / "manifest.json", "");
        CHECK(f.look().size() == 1);
        CHECK(f.is_set_aside(name));
    }
    for (int i = 2; i < 1000; ++i)
        write(f.stream() / "quarantine" / ("windows-00003." + std::to_string(i)), "");
    test::store_window(f.store, "a", 3, {"car"});
    write(f.window(3) / "manifest.json", "");
    const auto told = f.look();
    REQUIRE(told.size() == 1);
    CHECK(contains(told[0], "cannot be set aside: "));
    CHECK(f.store.has_window("a", 3));
}

TEST_CASE("set_aside_damaged: what cannot be read is not damaged") {
    if (::geteuid() == 0) {
        MESSAGE("skipped: the superuser reads everything");
        return;
    }
    const Fixture f;
    fs::permissions(f.window(3) / "manifest.json", fs::perms::none);
    fs::permissions(f.model("new") / "weights.pt", fs::perms::none);
    CHECK(f.look().empty());
    CHECK(f.store.serving("a") == "new");
}

TEST_CASE("prune: nothing behind a symbolic link is deleted or counted") {
    const auto files_in = [](const fs::path& directory) {
        return std::distance(fs::recursive_directory_iterator(directory),
                             fs::recursive_directory_iterator());
    };
    RetentionRule rule;
    rule.keep_hours = 1;
    rule.exemplars = 0;
    rule.newest_windows = 1;
    const double later = 4'000'000'000;
    for (const char* linked : {"streams/a", "streams/a/windows", "streams/a/windows/00000",
                               "streams/a/models", "streams/a/models/old", "streams"}) {
        CAPTURE(linked);
        const Fixture f;
        write(f.window(0) / "frame-0.jpg", "image");
        fs::create_directories(f.window(0) / ".x.part1");
        lead_out(f.store.root() / linked, f.outside);
        const auto before = files_in(f.outside);
        (void)prune_frames(f.store, rule);
        (void)prune(f.store, rule, later);
        CHECK(files_in(f.outside) == before);
    }
    const Fixture f;
    write(f.scratch / "large", std::string(10'000'000, 'x'));
    fs::create_symlink(f.scratch / "large", f.stream() / "models" / "link");
    CHECK(prune(f.store, rule, later).kept < 1'000'000);
    CHECK(fs::exists(f.scratch / "large"));
}

TEST_CASE("set_aside_all_damaged: what was recorded long ago, with the crops of labelled windows") {
    const Fixture f;
    CHECK(set_aside_all_damaged(f.store, "a").empty());
    cut(f.window(0) / "crops.png");
    cut(f.window(1) / "crops.png");  // without labels nothing is learned from it
    fs::remove(f.store.labels_file("a", 1));
    write(f.window(2) / "manifest.json", "{");
    for (const char* kind : {"profiles", "retrainings", "results"}) {
        fs::create_directories(f.stream() / kind);
        write(f.stream() / kind / "00002.json", "[");
    }
    CHECK(f.store.windows("a").size() == 4);
    CHECK(set_aside_all_damaged(f.store, "a").size() == 5);
    for (const char* name : {"windows-00000", "windows-00002", "profiles-00002.json",
                             "retrainings-00002.json", "results-00002.json"})
        CHECK_MESSAGE(f.is_set_aside(name), name);
    CHECK(f.store.windows("a") == std::vector<int>{1, 3});
    CHECK(set_aside_all_damaged(f.store, "a").empty());
}

TEST_CASE("Store: pipes and links in place of files are waited for or followed nowhere") {
    const Fixture f;
    fs::remove(f.model("new") / "weights.pt");
    REQUIRE(::mkfifo((f.model("new") / "weights.pt").c_str(), 0600) == 0);
    CHECK_THROWS_AS((void)f.store.model("a", "new"), InputError);
    CHECK_FALSE(set_aside_damaged_serving(f.store, "a").empty());
    CHECK(f.store.serving("a") == "before");
    fs::remove(f.stream() / "serving.json");
    fs::create_symlink("serving.json", f.stream() / "serving.json");  // to itself
    CHECK_THROWS_AS((void)f.store.serving("a"), InputError);
    CHECK_FALSE(set_aside_damaged_serving(f.store, "a").empty());
    CHECK(f.store.serving("a") == "before");

    test::write(f.outside, "mine");
    fs::create_symlink(f.outside, f.store.root() / ".lock");
    CHECK_THROWS_AS(StoreLock(f.store.root(), "ekya-test"), SystemError);
    CHECK(read_file(f.outside) == "mine");
    fs::create_directory_symlink(f.outside.parent_path(), f.stream() / "elsewhere");
    fs::rename(f.stream() / "elsewhere", f.stream() / "quarantine.link");
    fs::remove_all(f.stream() / "quarantine");
    fs::rename(f.stream() / "quarantine.link", f.stream() / "quarantine");
    write(f.window(3) / "labels.json", "{");
    CHECK(contains(f.look().back(), "cannot be set aside"));
    CHECK(fs::exists(f.window(3) / "labels.json"));
}

TEST_CASE("Store: a link that leads to itself is no stream") {
    const Fixture f;
    fs::create_symlink("loop", f.store.root() / "streams" / "loop");
    CHECK(f.store.streams() == std::vector<std::string>{"a"});
}

TEST_CASE(
    "set_aside_damaged: a directory of windows that leads out is renamed, nothing behind it") {
    const Fixture f;
    lead_out(f.stream() / "windows", f.outside);
    CHECK(contains(f.look().front(), "leads out of the store"));
    CHECK(f.is_set_aside("windows"));
    CHECK(fs::exists(f.outside / "00003" / "manifest.json"));
    CHECK(f.store.windows("a").empty());
    CHECK(f.look().empty());
}

TEST_CASE("set_aside_damaged_records: a record in the place of another") {
    const Fixture f;
    ProfileRecord profile;
    profile.stream = "a";
    profile.window = 1;
    profile.inference = {{{1, 0}, 1, 0.1}};
    f.store.write_profile(profile);
    fs::copy_file(f.store.profile_file("a", 1), f.store.profile_file("a", 2));
    CHECK(whole_profiles(f.store, "a").size() == 1);
    CHECK(set_aside_damaged_records(f.store, "a").size() == 1);
    CHECK(f.is_set_aside("profiles-00002.json"));
    CHECK(fs::exists(f.store.profile_file("a", 1)));
}

TEST_CASE("a copy of a stream's directory is no stream: nothing stops, nothing of it is renamed") {
    const Fixture f;
    ProfileRecord profile;
    profile.stream = "a";
    profile.window = 1;
    profile.inference = {{{1, 0}, 1, 0.1}};
    f.store.write_profile(profile);
    fs::copy(f.stream(), f.store.root() / "streams" / "a-old", fs::copy_options::recursive);
    CHECK(whole_profiles(f.store, "a-old").empty());
    CHECK(whole_profiles(f.store, "a").size() == 1);
    CHECK_FALSE(newest_window(f.store, "a-old"));
    CHECK_FALSE(fs::exists(f.store.root() / "streams" / "a-old" / "quarantine"));
    RetentionRule rule;
    rule.keep_hours = 1e-9;
    rule.exemplars = 0;
    const auto pruned = prune(f.store, rule, 1e12);
    CHECK(pruned.windows > 0);
    CHECK_FALSE(f.store.has_window("a", 0));
    CHECK(pruned.stuck == 1);
    CHECK(contains(pruned.why, "the models of stream a-old"));
    CHECK(fs::exists(f.store.root() / "streams" / "a-old" / "models" / "old"));
}

TEST_CASE("StoreLock: who deletes its file lets nobody in unseen") {
    const test::Scratch scratch;
    const auto file = scratch / ".lock";
    StoreLock first(scratch.path(), "first");
    CHECK(first.look_again().empty());
    fs::remove(file);
    CHECK(contains(first.look_again(), "it is taken again"));
    CHECK(first.look_again().empty());
    CHECK_THROWS_AS(StoreLock(scratch.path(), "second"), SystemError);
    fs::remove(file);
    const StoreLock second(scratch.path(), "second");
    CHECK(contains(test::message_of<SystemError>([&] { (void)first.look_again(); }), "second"));
}

TEST_CASE("newest_window: a directory is a window if its manifest can be read") {
    const Fixture f;
    CHECK(newest_window(f.store, "a") == 3);
    CHECK_FALSE(newest_window(f.store, "nobody"));
    test::write(f.store.window_directory("a", 999'999'999) / "manifest.json", "");
    CHECK(newest_window(f.store, "a") == 3);
}

TEST_CASE("set_aside_damaged: labels that are twice, or of crops that the window has not") {
    for (const std::vector<int>& crops :
         {std::vector<int>{0, 0}, std::vector<int>{1, 0}, std::vector<int>{0, 99'999}}) {
        const Fixture f;
        auto labels = f.store.labels("a", 3);
        labels.labels.clear();
        for (const int crop : crops) labels.labels.push_back({crop, "car"});
        f.store.write_labels(labels);
        CHECK(f.look().size() == 1);
        CHECK_FALSE(f.store.has_labels("a", 3));
        CHECK(f.store.has_window("a", 3));
    }
}

TEST_CASE("whole_profiles: goes on without those that are damaged") {
    const Fixture f;
    ProfileRecord profile;
    profile.stream = "a";
    profile.window = 1;
    profile.inference = {{{1, 0}, 1, 0.1}};
    f.store.write_profile(profile);
    write(f.stream() / "profiles" / "00002.json", "garbage");
    CHECK(whole_profiles(f.store, "a").size() == 1);
    CHECK(f.is_set_aside("profiles-00002.json"));
}

TEST_CASE("prune: what cannot be looked at or deleted keeps nothing else") {
    const Fixture f;
    fs::create_symlink("pinned", f.model("old") / "pinned");  // to itself
    test::write(f.store.root() / "plans" / ".00001.json.gone" / "x", "left");
    test::write(f.store.root() / "plans" / "00001.json", "{}");
    RetentionRule rule;
    rule.keep_hours = 1e-9;
    rule.exemplars = 0;
    const auto pruned = prune(f.store, rule, 1e12);
    CHECK(pruned.windows > 0);
    CHECK_FALSE(fs::exists(f.store.root() / "plans" / "00001.json"));
    CHECK(fs::exists(f.model("old")));
}
