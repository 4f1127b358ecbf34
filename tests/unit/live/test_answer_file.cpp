#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/live/answer_file.hpp"
#include "ekya/wire/records.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

std::string line_of(int window, std::int64_t frame) {
    return to_line(encode(FrameAnswer{"a", window, frame, 0, true, "base", {}, 0.01})) + "\n";
}

}  // namespace

TEST_CASE(
    "answer files: read in order; a broken line is named, a cut last one dropped only where that "
    "is allowed") {
    const Scratch scratch;
    const auto file = scratch / "answers.jsonl";
    write(file, line_of(0, 1) + line_of(0, 2));
    REQUIRE(read_answers(file, false).size() == 2);
    CHECK(read_answers(file, false)[1].frame == 2);
    const std::string cut = line_of(0, 3).substr(0, 40);
    write(file, line_of(0, 1) + cut);
    CHECK(contains(message_of<InputError>([&] { (void)read_answers(file, false); }),
                   "answers.jsonl:2"));
    CHECK(read_answers(file, true).size() == 1);
    write(file, line_of(0, 1) + "{broken\n" + line_of(0, 2));
    CHECK(contains(message_of<InputError>([&] { (void)read_answers(file, true); }),
                   "answers.jsonl:2"));  // not the last
    CHECK(read_answers(scratch / "none.jsonl", false).empty());
}

TEST_CASE("answers_to_resume: the open window and the one before it") {
    const Scratch scratch;
    write(scratch / "answers.jsonl",
          line_of(0, 1) + line_of(1, 11) + line_of(2, 21) + line_of(2, 22));
    const auto answers = answers_to_resume(scratch / "answers.jsonl");
    REQUIRE(answers.size() == 3);
    CHECK(answers.front().frame == 11);
    CHECK(answers_to_resume(scratch / "none.jsonl").empty());
}

TEST_CASE("mend_cut_line: what was cut off goes, whole lines stay as they are") {
    const Scratch scratch;
    const auto file = scratch / "answers.jsonl";
    const std::string whole = line_of(0, 1) + line_of(0, 2);
    for (const std::string rest : {"", "{\"cut", "{}"}) {
        write(file, whole + rest);
        mend_cut_line(file);
        CHECK(content_of(file) == whole);
    }
    write(file, "cut");
    mend_cut_line(file);
    CHECK(content_of(file).empty());
    CHECK_NOTHROW(mend_cut_line(scratch / "none.jsonl"));
    CHECK_FALSE(std::filesystem::exists(scratch / "none.jsonl"));
}

TEST_CASE("mend_cut_line: is not led elsewhere by a link") {
    const Scratch scratch;
    write(scratch / "outside", "no line end");
    std::filesystem::create_symlink(scratch / "outside", scratch / "cam.answers.jsonl");
    mend_cut_line(scratch / "cam.answers.jsonl");
    CHECK(content_of(scratch / "outside") == "no line end");
}

TEST_CASE("answers_to_resume: answers for windows far beyond what is stored are none") {
    const Scratch scratch;
    write(scratch / "answers.jsonl", line_of(3, 30) + line_of(999'999'999, 31));
    const auto answers = answers_to_resume(scratch / "answers.jsonl", 3);
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].frame == 30);
}
