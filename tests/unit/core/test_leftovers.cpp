#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/leftovers.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
namespace fs = std::filesystem;

namespace {

/// Id of a process that has been.
int dead_process() {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
    return child;
}

}  // namespace

TEST_CASE("sweep_leftovers: parts of dead processes go, everything else stays") {
    const Scratch scratch;
    const std::string dead = std::to_string(dead_process()), alive = std::to_string(getpid());
    write(scratch / ("streams/a/models/.w00001.part" + dead + "/weights.pt"), "half");
    write(scratch / ("streams/a/windows/00001/.labels.json.part" + dead), "half");
    write(scratch / ("jobs/00001/a.train/.job.json.part" + dead), "half");
    write(scratch / ("streams/a/windows/.00002.old" + dead + "/manifest.json"), "old");
    write(scratch / "streams/a/windows/00002/manifest.json", "new");
    const std::vector<std::string> stay{
        ".x.part" + alive,
        ".x.part1",  // of init
        ".x.part",         ".x.partial" + dead,    "x.part" + dead, ".part" + dead,
        ".x.part-" + dead, ".x.part" + dead + "a", ".x.part0",      ".x.part99999999999999999999",
        "car.old" + dead};
    for (const auto& name : stay) write(scratch / name, "kept");
    CHECK(sweep_leftovers(scratch.path()) == 4);
    CHECK(content_of(scratch / "streams/a/windows/00002/manifest.json") == "new");
    for (const auto& name : stay) CHECK(fs::exists(scratch / name));
    CHECK(fs::is_empty(scratch / "streams/a/models"));
    CHECK(fs::is_empty(scratch / "streams/a/windows/00001"));
    CHECK(fs::is_empty(scratch / "jobs/00001/a.train"));
    CHECK(sweep_leftovers(scratch.path()) == 0);
    CHECK(sweep_leftovers(scratch / "nosuch") == 0);
}

TEST_CASE("sweep_leftovers: what a dead process had taken away and not replaced is put back") {
    const Scratch scratch;
    const std::string dead = std::to_string(dead_process());
    write(scratch / ("windows/.00003.old" + dead + "/labels.json"), "learned");
    write(scratch / ("windows/.00003.part" + dead + "/manifest.json"), "half");
    CHECK(sweep_leftovers(scratch.path()) == 2);
    CHECK(content_of(scratch / "windows/00003/labels.json") == "learned");
    CHECK(fs::exists(scratch / "windows/00003/manifest.json") == false);
}

TEST_CASE("sweep_leftovers: nothing is followed out of the directory, young parts may stay") {
    const Scratch scratch;
    const std::string dead = std::to_string(dead_process());
    write(scratch / ("outside/.x.part" + dead), "kept");
    write(scratch / ("store/.y.part" + dead), "young");
    fs::create_directory_symlink(scratch / "outside", scratch / "store/link");
    CHECK(sweep_leftovers(scratch / "store", 3600) == 0);
    CHECK(sweep_leftovers(scratch / "store") == 1);
    CHECK(fs::exists(scratch / ("outside/.x.part" + dead)));
}

TEST_CASE("sweep_leftovers_of: those of one target") {
    const Scratch scratch;
    const std::string dead = std::to_string(dead_process());
    for (const std::string name : {".a.jsonl.part", ".b.jsonl.part", ".a.jsonl.old"})
        write(scratch / (name + dead), "x");
    sweep_leftovers_of(scratch / "a.jsonl");
    CHECK_FALSE(fs::exists(scratch / (".a.jsonl.part" + dead)));
    CHECK(fs::exists(scratch / (".b.jsonl.part" + dead)));
    CHECK(fs::exists(scratch / (".a.jsonl.old" + dead)));
}

TEST_CASE("AtomicDirectory: two writers of one directory end in the content of one of them") {
    const Scratch scratch;
    const fs::path target = scratch / "w00001";
    std::vector<pid_t> writers;
    for (const char* const text : {"one", "two"}) {
        const pid_t child = fork();
        if (child == 0) {
            try {
                for (int i = 0; i < 100; ++i) {
                    AtomicDirectory directory(target);
                    write(directory.path() / "a", text);
                    write(directory.path() / "b", text);
                    directory.commit();
                }
            } catch (...) {
                _exit(1);
            }
            _exit(0);
        }
        writers.push_back(child);
    }
    int missing = 0;
    bool seen = false;
    for (int i = 0; i < 2000; ++i) {
        const bool there = fs::exists(target / "a");
        missing += seen && !there ? 1 : 0;
        seen = seen || there;
    }
    for (const pid_t writer : writers) {
        int status = 0;
        waitpid(writer, &status, 0);
        CHECK(status == 0);
    }
    CHECK(missing == 0);
    CHECK(content_of(target / "a") == content_of(target / "b"));
    CHECK(scratch.entries() == std::vector<std::string>{"w00001"});
}

TEST_CASE("rename_damaged: replaces nothing that was set aside before") {
    const Scratch scratch;
    for (const char* content : {"first", "second", "third"}) {
        write(scratch / "file", content);
        CHECK(content_of(rename_damaged(scratch / "file")) == content);
        CHECK_FALSE(fs::exists(scratch / "file"));
    }
    CHECK(content_of(scratch / "file.damaged") == "first");
    CHECK_THROWS_AS((void)rename_damaged(scratch / "nothing"), SystemError);
}
