#include "ekya/publish/line_follower.hpp"

#include <doctest/doctest.h>

#include "ekya/core/limits.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
using Lines = std::vector<std::string>;

namespace {

void append(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary | std::ios::app) << text;
}

}  // namespace

TEST_CASE("LineFollower: whole lines as they come, from the end or the begin") {
    const Scratch scratch;
    const auto file = scratch / "lines";
    LineFollower awaited(file, LineFollower::From::end);
    CHECK(awaited.take() == Lines{});
    append(file, "one\ntw");
    LineFollower end(file, LineFollower::From::end), begin(file, LineFollower::From::begin);
    CHECK(awaited.take() == Lines{"one"});  // the file is new: all of it counts
    CHECK(begin.take() == Lines{"one"});
    CHECK(end.take() == Lines{});
    append(file, "o\n\nthree\n");
    CHECK(awaited.take() == Lines{"two", "three"});
    CHECK(begin.take() == Lines{"two", "three"});
    CHECK(end.take() == Lines{"o", "three"});  // it came in the middle of a line
}

TEST_CASE("LineFollower: a file that is begun anew is read after the rest of the old one") {
    const Scratch scratch;
    const auto file = scratch / "lines";
    append(file, "1\n");
    LineFollower follower(file, LineFollower::From::begin);
    CHECK(follower.take() == Lines{"1"});
    append(file, "2\n");
    std::filesystem::rename(file, scratch / "lines.1");
    append(scratch / "lines.1", "3\n");
    append(file, "4\n");
    CHECK(follower.take() == Lines{"2", "3", "4"});
    std::filesystem::resize_file(file, 0);
    append(file, "5\n");
    CHECK(follower.take() == Lines{});  // as long as before: nothing tells
    append(file, "6\n");
    CHECK(follower.take() == Lines{"6"});
}

TEST_CASE("LineFollower: lines without end are left out; links and pipes are not read") {
    const Scratch scratch;
    const auto file = scratch / "lines";
    LineFollower follower(file, LineFollower::From::begin);
    append(file, std::string(limits::line_bytes + 10, 'x'));
    Lines all;
    for (int i = 0; i < 40; ++i)
        for (auto& line : follower.take()) all.push_back(line);
    append(file, "y\nnext\n");
    for (int i = 0; i < 40; ++i)
        for (auto& line : follower.take()) all.push_back(line);
    CHECK(all == Lines{"next"});
    std::filesystem::create_symlink(file, scratch / "link");
    CHECK(LineFollower(scratch / "link", LineFollower::From::begin).take() == Lines{});
    CHECK(LineFollower(scratch.path(), LineFollower::From::begin).take() == Lines{});
}
