// Names that must not become paths, and what strangers leave in the directories of a store.
#include <doctest/doctest.h>

#include <functional>

#include "ekya/core/errors.hpp"
#include "ekya/core/names.hpp"
#include "ekya/store/class_list.hpp"
#include "stored.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
namespace fs = std::filesystem;

TEST_CASE("Store: an id that is a path, or no file name, is refused by every way into the store") {
    const Scratch scratch;
    const Store store(scratch / "data");
    for (const std::string& id : {std::string("../x"), std::string(".."), std::string("a/b"),
                                  std::string(), std::string("a\nb"), std::string("\x1b[31m"),
                                  std::string("a\0b", 3), std::string(300, 'a')}) {
        const std::vector<std::function<void()>> ways = {
            [&] { (void)store.window(id, 1); },
            [&] { store.write_window(manifest_of(id, 1, 1), crops_of(1)); },
            [&] { store.write_labels(labels_of(id, 1, {"car"})); },
            [&] { (void)store.windows(id); },
            [&] { (void)store.profiles(id); },
            [&] { (void)store.serving(id); },
            [&] { (void)store.model(id, "base"); },
            [&] { (void)store.model("a", id); },
            [&] { (void)store.weights_file("a", id); },
            [&] { store.set_serving(id, "base"); },
            [&] { (void)store.write_model(card_of("a", id), [](const fs::path&) {}); },
        };
        for (const auto& way : ways) {
            const auto message = message_of<InputError>(way);
            CHECK(contains(message, "is not a name of up to 128 letters"));
            CHECK(is_plain_text(message));
        }
    }
    CHECK_FALSE(fs::exists(scratch / "x"));
    CHECK_FALSE(fs::exists(scratch / "data"));
}

TEST_CASE("Store: what is no window, record, model or stream is passed over in its lists") {
    const Scratch scratch;
    const Store store(scratch.path());
    for (const int window : {8, 9}) store_window(store, "a", window, {"car"});
    const fs::path stream = scratch / "streams/a", whole = store.window_directory("a", 9);
    for (const char* name : {"00009.bak", "9", "000009", "+00010", "-0001", "00010 ", "0x0a", "1e3",
                             "4294967306", "1000000000", "9+BASH_VERSINFO[$(touch pwned; echo 0)]",
                             "00010\n00011", "..00012", "\x1b[31m"})
        fs::copy(whole, stream / "windows" / name, fs::copy_options::recursive);
    write(stream / "windows/00013", "a file");
    fs::create_symlink("00014", stream / "windows/00014");  // leads to itself
    CHECK(store.windows("a") == std::vector<int>{8, 9});

    ProfileRecord profile;
    profile.stream = "a";
    profile.window = 9;
    profile.accuracy = 0.5;
    profile.inference = {{{1, 0}, 1, 0.1}};
    store.write_profile(profile);
    for (const char* name : {"9.json", "00009.bak.json", "notes.json", "00010.json.bak",
                             ".00010.json.part1", "4294967306.json", "a\nb.json"})
        write(stream / "profiles" / name, "{");
    CHECK(store.profiles("a").size() == 1);
    write(scratch / "plans/notes.json", "{");
    write(scratch / "plans/99999.bak.json", "{");
    CHECK(store.plans().empty());
    CHECK_FALSE(store.newest_plan());

    (void)store.write_model(card_of("a", "base"), [](const fs::path& file) { write(file, "w"); });
    for (const char* name : {"copy", "..copy", "a b", "a\nb", "\x1b[31m"})
        fs::copy(stream / "models/base", stream / "models" / name);
    REQUIRE(store.model_cards("a").size() == 1);  // a copy holds the card of another model
    CHECK(store.model_cards("a").front().id == "base");

    for (const char* name : {".hidden", "a b", "b\nc", "\x1b]0;x\x07", "-rf"})
        fs::create_directories(scratch / "streams" / name);
    CHECK(store.streams() == std::vector<std::string>{"a"});
}

TEST_CASE("outputs_left: 40,000 classes are compared without a search in each") {
    std::vector<std::string> found, wanted;
    for (int i = 0; i < 40'000; ++i) found.push_back("class " + std::to_string(i));
    wanted.assign(found.rbegin(), found.rend());
    const auto outputs = outputs_left(found, wanted);
    REQUIRE(outputs.size() == found.size());
    CHECK(outputs.front() == 39'999);
    CHECK(outputs.back() == 0);
}
