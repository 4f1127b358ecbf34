#include <doctest/doctest.h>
#include <sys/stat.h>

#include "child.hpp"
#include "ekya/cli/context.hpp"
#include "ekya/cli/progress.hpp"
#include "ekya/core/errors.hpp"

using namespace ekya;
using namespace ekya::test;
using ekya::cli::InputOutput;
using ekya::cli::Output;
namespace fs = std::filesystem;

namespace {

InputOutput to(const fs::path& file, bool overwrite = false) {
    InputOutput io;
    io.output = file.string();
    io.overwrite = overwrite;
    return io;
}

}  // namespace

TEST_CASE("Output: a file has its name only after commit(), one record to a line") {
    const Scratch scratch;
    Output out(to(scratch / "out.jsonl"));
    out.write({{"a", 1}});
    out.write({{"b", "x\ny"}});
    CHECK_FALSE(fs::exists(scratch / "out.jsonl"));
    out.commit();
    CHECK(content_of(scratch / "out.jsonl") == "{\"a\":1}\n{\"b\":\"x\\ny\"}\n");
    CHECK_NOTHROW(out.commit());  // again: nothing more to do
    CHECK(scratch.entries() == std::vector<std::string>{"out.jsonl"});
}

TEST_CASE("Output: not committed -> nothing is left, an old file stays") {
    const Scratch scratch;
    { Output(to(scratch / "new")).write({{"a", 1}}); }
    CHECK(scratch.entries().empty());
    write(scratch / "old", "old");
    { Output(to(scratch / "old", true)).write({{"a", 1}}); }
    CHECK(content_of(scratch / "old") == "old");
    CHECK(scratch.entries() == std::vector<std::string>{"old"});
}

TEST_CASE("Output: an existing file needs --overwrite; without it nothing is touched") {
    const Scratch scratch;
    write(scratch / "old", "old");
    const auto message = message_of<ConfigError>([&] { Output{to(scratch / "old")}; });
    CHECK(message ==
          (scratch / "old").string() + ": exists already; use --overwrite to replace it");
    CHECK(content_of(scratch / "old") == "old");
    CHECK(scratch.entries() == std::vector<std::string>{"old"});
    Output out(to(scratch / "old", true));
    out.write(Json::array({1, 2}));
    out.commit();
    CHECK(content_of(scratch / "old") == "[1,2]\n");
}

TEST_CASE("Output: moved, it still is one output") {
    const Scratch scratch;
    {
        Output first(to(scratch / "out"));
        first.write(1);
        Output second(std::move(first));
        second.write(2);
        second.commit();
    }
    CHECK(content_of(scratch / "out") == "1\n2\n");
    CHECK(scratch.entries() == std::vector<std::string>{"out"});
}

TEST_CASE(
    "Output: no such directory, a directory in the place -> SystemError, nothing left behind") {
    const Scratch scratch;
    CHECK(contains(message_of<SystemError>([&] { Output{to(scratch / "no/such/out")}; }),
                   "cannot create"));
    write(scratch / "place/inside", "");
    {
        Output out(to(scratch / "place", true));
        CHECK(contains(message_of<SystemError>([&] { out.commit(); }), "cannot rename"));
    }
    CHECK(scratch.entries() == std::vector<std::string>{"place"});
}

TEST_CASE("Output: a record that JSON cannot say is refused whole") {
    const Scratch scratch;
    Output out(to(scratch / "out"));
    CHECK_THROWS_AS(out.write({{"a", std::numeric_limits<double>::quiet_NaN()}}), DomainError);
    out.write(1);
    out.commit();
    CHECK(content_of(scratch / "out") == "1\n");
}

TEST_CASE("Output: - is stdout, line by line, at once") {
    const auto outcome = in_child([] {
        Output out(InputOutput{});
        out.write({{"a", 1}});
        out.write({{"b", 2}});
        return 0;  // without commit(): what a pipe has got it keeps
    });
    CHECK(outcome.code == 0);
    CHECK(outcome.out == "{\"a\":1}\n{\"b\":2}\n");
    CHECK(outcome.err.empty());
}

TEST_CASE("Output: a named pipe or device is written to, not replaced by a file") {
    const Scratch scratch;
    REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
    const int reader = ::open((scratch / "pipe").c_str(), O_RDONLY | O_NONBLOCK);
    REQUIRE(reader >= 0);
    std::string text(16, '\0');
    {
        Output out(to(scratch / "pipe"));
        out.write(12);
        out.commit();
        const ssize_t got =
            ::read(reader, text.data(), text.size());  // while it is open, it has no end
        text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    }
    ::close(reader);
    CHECK(fs::is_fifo(scratch / "pipe"));
    CHECK(text == "12\n");
}

TEST_CASE("Progress: says nothing where stderr is no terminal") {
    const auto outcome = in_child([] {
        cli::Progress progress("training", 10);
        for (int i = 0; i <= 10; ++i) progress.update(i, "note");
        return 0;
    });
    CHECK(outcome.code == 0);
    CHECK(outcome.err.empty());
    CHECK(outcome.out.empty());
}
