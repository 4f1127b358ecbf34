#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <string>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/wire/json.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

TEST_CASE("parse_json: the place and the reason, without the library's own prefix") {
    CHECK(parse_json("[1, 2]", "here").size() == 2);
    const auto message =
        message_of<InputError>([] { (void)parse_json("{\"a\": ", "est.jsonl:17"); });
    CHECK(message.rfind("est.jsonl:17: not valid JSON: ", 0) == 0);
    CHECK_FALSE(contains(message, "json.exception"));
    CHECK_THROWS_AS((void)parse_json("", "here"), InputError);
    CHECK_THROWS_AS((void)parse_json("{} {}", "here"), InputError);
    CHECK_THROWS_AS((void)parse_json("{\"a\": NaN}", "here"), InputError);
    CHECK_THROWS_AS((void)parse_json("\"\xff\"", "here"), InputError);
}

// Both overflowed the stack: found by fuzz_streams.
TEST_CASE("parse_json: what nests too deep is refused; brackets in strings do not count") {
    const auto nested = [](int levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    CHECK_NOTHROW((void)parse_json(nested(100), "here"));
    CHECK(message_of<InputError>([&] { (void)parse_json(nested(101), "here"); }) ==
          "here: nested deeper than 100 levels");
    CHECK_THROWS_AS((void)parse_json(std::string(1'000'000, '{'), "here"), InputError);
    CHECK_NOTHROW((void)parse_json("[\"\\\"" + std::string(200, '[') + "\"]", "here"));
    std::string wide = "[";
    for (int i = 0; i < 200; ++i) wide += "[],";
    CHECK_NOTHROW((void)parse_json(wide + "[]]", "here"));
}

TEST_CASE("to_line: one line, numbers exact; NaN and infinity refused by name") {
    CHECK(to_line({{"b", 0.1}, {"a", "x\ny"}}) == R"({"a":"x\ny","b":0.1})");
    const double value = 0.1 + 0.2;
    CHECK(Json::parse(to_line({{"v", value}})).at("v").get<double>() == value);
    CHECK_THROWS_WITH_AS((void)to_line({{"a", {{"b", std::nan("")}}}}),
                         "/a/b: is not a finite number", DomainError);
    CHECK(contains(
        message_of<DomainError>([] {
            (void)to_line({{"a", Json::array({1, std::numeric_limits<double>::infinity()})}});
        }),
        "/a/"));
    CHECK_NOTHROW((void)to_line(
        {{"name", "\xff\xfe"}}));  // a file name that is no UTF-8 does not stop a tool
}

TEST_CASE("JsonLines: values and places; blank lines and CRLF; no newline at the end") {
    std::istringstream in("{\"a\":1}\r\n\n  \t\r\n[2]\n3");
    JsonLines lines(in, "in.jsonl");
    CHECK(lines.next() == Json{{"a", 1}});
    CHECK(lines.place() == "in.jsonl:1");
    CHECK(lines.next() == Json::array({2}));
    CHECK(lines.place() == "in.jsonl:4");
    CHECK(lines.next() == Json(3));
    CHECK(lines.place() == "in.jsonl:5");
    CHECK_FALSE(lines.next());
    CHECK_FALSE(lines.next());
}

TEST_CASE("JsonLines: a broken line names itself, the ones behind it can still be read") {
    std::istringstream in("1\n\n{\"a\": \n2\n");
    JsonLines lines(in, "est.jsonl");
    CHECK(lines.next());
    CHECK(message_of<InputError>([&] {
              (void)lines.next();
          }).rfind("est.jsonl:3: not valid JSON: ", 0) == 0);
    CHECK(lines.next() == Json(2));
    std::istringstream empty;
    CHECK_FALSE(JsonLines(empty, "empty").next());
}

TEST_CASE("JsonLines: an input that cannot be read is an error, not an end") {
    const Scratch scratch;
    std::ifstream directory(scratch.path());
    JsonLines lines(directory, "dir");
    CHECK(contains(message_of<InputError>([&] { (void)lines.next(); }), "cannot read"));
}

TEST_CASE("JsonLines: a line without an end is refused at its limit") {
    std::istringstream in("[1]\n\"" + std::string(limits::line_bytes, 'x'));
    JsonLines lines(in, "in.jsonl");
    CHECK(lines.next().has_value());
    CHECK(message_of<InputError>([&] { (void)lines.next(); }) ==
          "in.jsonl:2: longer than 16777216 bytes");
}
