#include <doctest/doctest.h>
#include <unistd.h>

#include <array>

#include "ekya/cli/live_lines.hpp"
#include "ekya/core/errors.hpp"

using ekya::cli::LiveLines;
using std::chrono::milliseconds;

namespace {

class Pipe {
public:
    Pipe() { REQUIRE(::pipe(ends_.data()) == 0); }
    ~Pipe() {
        close();
        ::close(ends_[0]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void write(const std::string& text) const {
        REQUIRE(::write(ends_[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    void close() {
        if (ends_[1] >= 0) ::close(ends_[1]);
        ends_[1] = -1;
    }
    int reading() const { return ends_[0]; }

private:
    std::array<int, 2> ends_{};
};

}  // namespace

TEST_CASE(
    "LiveLines: lines come one by one, however they were written; without one the time passes") {
    Pipe pipe;
    LiveLines lines(pipe.reading());
    const auto start = std::chrono::steady_clock::now();
    CHECK_FALSE(lines.next(milliseconds(30)));
    CHECK(std::chrono::steady_clock::now() - start >= milliseconds(30));
    pipe.write("one\n\nthr");
    CHECK(lines.next(milliseconds(0)) == "one");
    CHECK(lines.next(milliseconds(0)) == "");
    CHECK_FALSE(lines.next(milliseconds(0)));
    CHECK(lines.line() == 2);
    pipe.write("ee\n");
    CHECK(lines.next(milliseconds(1000)) == "three");
    CHECK(lines.line() == 3);
    CHECK_FALSE(lines.ended());
}

TEST_CASE("LiveLines: at the end the last line needs no newline") {
    Pipe pipe;
    LiveLines lines(pipe.reading());
    pipe.write("one\ntwo");
    pipe.close();
    CHECK(lines.next(milliseconds(1000)) == "one");
    CHECK_FALSE(lines.ended());
    CHECK(lines.next(milliseconds(1000)) == "two");
    CHECK_FALSE(lines.next(milliseconds(1000)));
    CHECK(lines.ended());
}

TEST_CASE("LiveLines: what cannot be read is a SystemError") {
    Pipe pipe;
    const int copy = ::dup(pipe.reading());
    ::close(copy);
    LiveLines closed(copy);
    CHECK_THROWS_AS((void)closed.next(milliseconds(10)), ekya::SystemError);
}
