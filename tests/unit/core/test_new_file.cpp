#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/leftovers.hpp"
#include "ekya/core/line_file.hpp"
#include "ekya/core/new_file.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
namespace fs = std::filesystem;

TEST_CASE("writing aside: a pipe or a link with the name of the part is neither opened nor kept") {
    const Scratch scratch;
    const auto target = scratch / "job.json", victim = scratch / "victim";
    write(victim, "mine");
    const auto plant_pipe = [&] { REQUIRE(::mkfifo(part_of(target).c_str(), 0600) == 0); };
    const auto plant_link = [&] { fs::create_symlink(victim, part_of(target)); };
    plant_pipe();
    CHECK_FALSE(write_aside(target, "one"));
    CHECK(content_of(target) == "one");
    plant_link();
    CHECK_FALSE(write_aside(target, "two"));
    CHECK(content_of(target) == "two");
    plant_pipe();
    write_atomically(target, "three");
    CHECK(content_of(target) == "three");
    plant_link();
    write_atomically(target, "four");
    CHECK(content_of(target) == "four");
    CHECK(content_of(victim) == "mine");
    CHECK(scratch.entries().size() == 2);
}

TEST_CASE("write_aside: what cannot be written leaves nothing behind") {
    const Scratch scratch;
    write(scratch / "place/inside", "old");
    CHECK(write_aside(scratch / "place", "new"));
    CHECK(write_aside(scratch / "missing/file", "new"));
    CHECK(scratch.entries() == std::vector<std::string>{"place"});
}

TEST_CASE("AtomicDirectory: a link with the name of the part leads nowhere") {
    const Scratch scratch;
    fs::create_directory(scratch / "elsewhere");
    fs::create_directory_symlink(scratch / "elsewhere", part_of(scratch / "new"));
    AtomicDirectory directory(scratch / "new");
    write(directory.path() / "a", "A");
    directory.commit();
    CHECK(content_of(scratch / "new/a") == "A");
    CHECK(fs::is_empty(scratch / "elsewhere"));
}

TEST_CASE("make_room: obstacles are renamed, files, devices and directories stay") {
    const Scratch scratch;
    write(scratch / "file", "");
    fs::create_directory(scratch / "directory");
    fs::create_directory_symlink(scratch / "directory", scratch / "link");
    fs::create_symlink("loop", scratch / "loop");
    REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
    CHECK(make_room_for_file(scratch / "file").empty());
    CHECK(make_room_for_file(scratch / "none").empty());
    CHECK(make_room_for_file("/dev/null").empty());
    CHECK(make_room_for_directory(scratch / "directory", false).empty());
    CHECK(make_room_for_directory(scratch / "link", true).empty());
    CHECK(make_room_for_file(scratch / "pipe") == scratch / "pipe.damaged");
    CHECK(make_room_for_directory(scratch / "link", false) == scratch / "link.damaged");
    CHECK(make_room_for_directory(scratch / "loop", true) == scratch / "loop.damaged");
    CHECK(make_room_for_directory(scratch / "file", true) == scratch / "file.damaged");
    CHECK(make_room_for_file(scratch / "directory") == scratch / "directory.damaged");
}

TEST_CASE("LineFile: a directory with the name of the older file is renamed") {
    const Scratch scratch;
    LineFile file(scratch / "a.jsonl", "answers");
    CHECK(file.add("one").empty());
    write(scratch / "a.jsonl.1/x", "");
    CHECK(file.begin_anew(scratch / "a.jsonl.1").empty());
    CHECK(file.size() == 0);
    CHECK(content_of(scratch / "a.jsonl.1") == "one\n");
    CHECK(fs::exists(scratch / "a.jsonl.1.damaged/x"));
}

TEST_CASE("LineFile: that a file cannot be begun anew is told once") {
    const Scratch scratch;
    LineFile file(scratch / "a.jsonl", "answers");
    CHECK(file.add("one").empty());
    CHECK(contains(file.begin_anew(scratch / "missing/a.jsonl.1"), "it grows on"));
    CHECK(file.begin_anew(scratch / "missing/a.jsonl.1").empty());
    CHECK(file.add("two").empty());
    CHECK(content_of(scratch / "a.jsonl") == "one\ntwo\n");
}
