#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
namespace fs = std::filesystem;

TEST_CASE("write_atomically: new file, replaced file, empty file, missing directories") {
    const Scratch scratch;
    write_atomically(scratch / "a.json", "one");
    CHECK(content_of(scratch / "a.json") == "one");
    write_atomically(scratch / "a.json", std::string("t\0wo\n", 5));
    CHECK(content_of(scratch / "a.json") == std::string("t\0wo\n", 5));
    write_atomically(scratch / "a.json", "");
    CHECK(fs::file_size(scratch / "a.json") == 0);
    CHECK(scratch.entries() == std::vector<std::string>{"a.json"});
    write_atomically(scratch / "deep/er/b.json", "b");
    CHECK(content_of(scratch / "deep/er/b.json") == "b");
}

TEST_CASE(
    "write_atomically: a directory in the place -> SystemError, nothing lost, nothing left "
    "behind") {
    const Scratch scratch;
    write(scratch / "place/inside", "old");
    const auto message =
        message_of<SystemError>([&] { write_atomically(scratch / "place", "new"); });
    CHECK(contains(message, (scratch / "place").string()));
    CHECK(content_of(scratch / "place/inside") == "old");
    CHECK(scratch.entries() == std::vector<std::string>{"place"});
}

TEST_CASE(
    "write_atomically: a file where its directory should be -> SystemError, that file survives") {
    const Scratch scratch;
    write(scratch / "file", "old");
    CHECK_THROWS_AS(write_atomically(scratch / "file/below", "new"), SystemError);
    CHECK(content_of(scratch / "file") == "old");
    CHECK(scratch.entries() == std::vector<std::string>{"file"});
}

TEST_CASE("write_atomically: the old content survives a write that fails half-way") {
    const Scratch scratch;
    write(scratch / "a.json", "old");
    // The file written aside cannot be created, because a full directory has its name.
    const auto part = scratch / (".a.json.part" + std::to_string(::getpid()));
    write(part / "occupied", "");
    CHECK_THROWS_AS(write_atomically(scratch / "a.json", "new"), SystemError);
    CHECK(content_of(scratch / "a.json") == "old");
}

TEST_CASE(
    "write_atomically: a directory that may not be written -> SystemError, old content kept") {
    if (::geteuid() == 0) return;  // nothing is forbidden to root
    const Scratch scratch;
    write(scratch / "locked/a.json", "old");
    fs::permissions(scratch / "locked", fs::perms::owner_read | fs::perms::owner_exec);
    CHECK_THROWS_AS(write_atomically(scratch / "locked/a.json", "new"), SystemError);
    CHECK(content_of(scratch / "locked/a.json") == "old");
    fs::permissions(scratch / "locked", fs::perms::owner_all);
    CHECK(std::distance(fs::directory_iterator(scratch / "locked"), {}) == 1);
}

TEST_CASE("AtomicDirectory: has its name only after commit()") {
    const Scratch scratch;
    AtomicDirectory directory(scratch / "new");
    write(directory.path() / "a", "A");
    write(directory.path() / "below/b", "B");
    CHECK(directory.path().parent_path() == scratch.path());
    CHECK_FALSE(fs::exists(scratch / "new"));
    directory.commit();
    CHECK(content_of(scratch / "new/a") == "A");
    CHECK(content_of(scratch / "new/below/b") == "B");
    CHECK(scratch.entries() == std::vector<std::string>{"new"});
}

TEST_CASE("AtomicDirectory: without commit() nothing is left and the old one stays") {
    const Scratch scratch;
    write(scratch / "kept/old", "old");
    try {
        AtomicDirectory directory(scratch / "kept");
        write(directory.path() / "new", "new");
        throw InputError("half-way");
    } catch (const InputError&) {}
    CHECK(content_of(scratch / "kept/old") == "old");
    CHECK_FALSE(fs::exists(scratch / "kept/new"));
    CHECK(scratch.entries() == std::vector<std::string>{"kept"});
}

TEST_CASE("AtomicDirectory: replaces a full one completely, and leftovers of an earlier crash") {
    const Scratch scratch;
    write(scratch / "target/old", "old");
    write(scratch / (".target.part" + std::to_string(::getpid())) / "stale", "stale");
    AtomicDirectory directory(scratch / "target");
    write(directory.path() / "new", "new");
    directory.commit();
    CHECK(content_of(scratch / "target/new") == "new");
    CHECK_FALSE(fs::exists(scratch / "target/old"));
    CHECK_FALSE(fs::exists(scratch / "target/stale"));
    CHECK(scratch.entries() == std::vector<std::string>{"target"});
}

TEST_CASE("AtomicDirectory: makes the directories above; a file in their place -> SystemError") {
    const Scratch scratch;
    AtomicDirectory directory(scratch / "deep/er/target");
    directory.commit();
    CHECK(fs::is_directory(scratch / "deep/er/target"));
    write(scratch / "file", "");
    CHECK_THROWS_AS(AtomicDirectory(scratch / "file/target"), SystemError);
}

TEST_CASE("read_file: all bytes; missing file and directory are InputErrors that name it") {
    const Scratch scratch;
    const std::string bytes("a\0b\r\n", 5);
    write(scratch / "file", bytes);
    CHECK(read_file(scratch / "file") == bytes);
    write(scratch / "empty", "");
    CHECK(read_file(scratch / "empty").empty());
    CHECK(contains(message_of<InputError>([&] { (void)read_file(scratch / "none"); }),
                   (scratch / "none").string()));
    CHECK(contains(message_of<InputError>([&] { (void)read_file(scratch.path()); }),
                   "is a directory"));
}

TEST_CASE("read_file: size is checked first; a pipe without a writer is not waited for") {
    const test::Scratch scratch;
    write_atomically(scratch / "five", "12345");
    CHECK(read_file(scratch / "five", 5) == "12345");
    CHECK(
        test::contains(test::message_of<InputError>([&] { (void)read_file(scratch / "five", 4); }),
                       "5 bytes, at most 4"));
    REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
    CHECK(test::contains(test::message_of<InputError>([&] { (void)read_file(scratch / "pipe"); }),
                         "is a pipe"));
    CHECK(test::contains(test::message_of<InputError>([] { (void)read_file("/dev/zero"); }),
                         "is a pipe or a device"));
    CHECK_FALSE(read_file("/proc/self/status").empty());
    write_atomically(scratch / "empty", "");
    CHECK(read_file(scratch / "empty").empty());
}
