#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "ekya/core/errors.hpp"
#include "ekya/core/line_file.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
namespace fs = std::filesystem;

namespace {

/// Files may be so long while this lives: what a full disk does to one file.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit now{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &now);
    }
    ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    rlimit before_{};
};

}  // namespace

TEST_CASE("LineFile: appends, also to what is there") {
    const Scratch scratch;
    write(scratch / "a.jsonl", "before\n");
    LineFile file(scratch / "a.jsonl");
    CHECK(file.add("one").empty());
    CHECK(file.add("").empty());
    CHECK(content_of(scratch / "a.jsonl") == "before\none\n\n");
    CHECK(file.size() == 12);
    file.begin_anew(scratch / "a.1.jsonl");
    CHECK(file.add("two").empty());
    CHECK(content_of(scratch / "a.1.jsonl") == "before\none\n\n");
    CHECK(content_of(scratch / "a.jsonl") == "two\n");
}

TEST_CASE("LineFile: a full disk costs whole lines, told of once, and again with their number") {
    const Scratch scratch;
    LineFile file(scratch / "a.jsonl", "answers");
    CHECK(file.add("first line").empty());
    {
        const FullDisk full(16);  // room for a part of the next line
        CHECK(contains(file.add("second line"),
                       "a.jsonl: cannot be written: File too large; answers "
                       "are dropped until it can"));
        CHECK(content_of(scratch / "a.jsonl") == "first line\n");
        CHECK(file.add("third line").empty());
        CHECK(file.add("x").find("2 answers were dropped") != std::string::npos);  // fits
        CHECK(file.add("fourth line") != "");
    }
    CHECK(contains(file.add("fifth line"), "is written again; 1 answers were dropped"));
    CHECK(file.add("sixth line").empty());
    CHECK(file.dropped() == 3);
    CHECK(content_of(scratch / "a.jsonl") == "first line\nx\nfifth line\nsixth line\n");
}

TEST_CASE("LineFile: a device that is always full") {
    LineFile file("/dev/full", "answers");
    CHECK(contains(file.add("x"), "No space left on device"));
    for (int i = 0; i < 100; ++i) CHECK(file.add("x").empty());
    CHECK(file.dropped() == 101);
    CHECK(file.size() == 0);
}

TEST_CASE("LineFile: what cannot be opened is refused at once, a pipe without a reader too") {
    const Scratch scratch;
    CHECK_THROWS_AS(LineFile(scratch / "nosuch/a.jsonl"), SystemError);
    CHECK_THROWS_AS(LineFile(scratch.path()), SystemError);
    REQUIRE(mkfifo((scratch / "pipe").c_str(), 0600) == 0);
    CHECK_THROWS_AS(LineFile(scratch / "pipe"), SystemError);
    const int reader = open((scratch / "pipe").c_str(), O_RDONLY | O_NONBLOCK);
    LineFile file(scratch / "pipe");
    CHECK(file.add("x").empty());
    close(reader);
}

TEST_CASE("LineFile: is not led elsewhere by a link") {
    const Scratch scratch;
    write(scratch / "outside", "mine\n");
    std::filesystem::create_symlink(scratch / "outside", scratch / "lines");
    CHECK_THROWS_AS(LineFile(scratch / "lines"), SystemError);
    CHECK(content_of(scratch / "outside") == "mine\n");
}
