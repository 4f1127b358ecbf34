#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <string>

#include "ekya/core/errors.hpp"
#include "ekya/wire/json.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

Json labels() {
    return Json::parse(
        R"({"schema": "ekya.labels/1", "stream": "a", "window": 3, "teacher": "annotations", "fraction": 0.3,
        "complete": true, "seconds": 0.002, "labels": [{"crop": 0, "class": "car", "score": 1.0}]})");
}

std::string complaint(const Json& record, const std::string& expected = "ekya.labels/1") {
    return message_of<InputError>([&] { check_record(record, expected, "set.jsonl:3"); });
}

}  // namespace

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

TEST_CASE("check_record: a very long string is refused before its pattern is tried") {
    auto json = labels();
    json["stream"] = std::string(4096, 'a');
    CHECK(complaint(json).empty());
    json["stream"] = std::string(1'000'000, 'a');
    CHECK(complaint(json) ==
          "set.jsonl:3: /stream: a string of 1000000 bytes, at most 4096 are read");
    json = labels();
    json["labels"][0]["class"] = std::string(5000, 'a');
    CHECK(complaint(json) ==
          "set.jsonl:3: /labels/0/class: a string of 5000 bytes, at most 4096 are read");
}

TEST_CASE("check_record: no object, no schema, another schema") {
    CHECK(contains(complaint(Json::array()),
                   "set.jsonl:3: a JSON object with \"schema\": \"ekya.labels/1\" is expected"));
    CHECK(contains(complaint(Json(3)), "a JSON object"));
    CHECK(contains(complaint(nullptr), "a JSON object"));
    auto json = labels();
    json.erase("schema");
    CHECK(complaint(json) == "set.jsonl:3: /schema: missing, \"ekya.labels/1\" is expected");
    json["schema"] = 1;
    CHECK(contains(complaint(json), "/schema"));
    json["schema"] = "ekya.labels/2";
    CHECK(complaint(json) ==
          "set.jsonl:3: /schema: \"ekya.labels/2\" found, \"ekya.labels/1\" is expected");
}

TEST_CASE("check_record: violations are named by JSON pointer, deep ones too") {
    CHECK(complaint(labels()).empty());
    auto json = labels();
    json["window"] = "three";
    CHECK(complaint(json).rfind("set.jsonl:3: /window: ", 0) == 0);
    json = labels();
    json["fraction"] = 1.5;
    CHECK(complaint(json).rfind("set.jsonl:3: /fraction: ", 0) == 0);
    json = labels();
    json["labels"].push_back({{"crop", -1}, {"class", "car"}, {"score", 1}});
    CHECK(complaint(json).rfind("set.jsonl:3: /labels/1/crop: ", 0) == 0);
    json = labels();
    json["labels"][0].erase("class");
    CHECK(contains(complaint(json), "/labels/0"));
    CHECK(contains(complaint(json), "class"));
    json = labels();
    json["stream"] = "../../etc";
    CHECK(complaint(json).rfind("set.jsonl:3: /stream: ", 0) == 0);
}

TEST_CASE("check_record: unknown fields pass at every depth") {
    auto json = labels();
    json["note"] = "new in a later version";
    json["labels"][0]["note"] = Json::array({1, 2});
    CHECK(complaint(json).empty());
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
