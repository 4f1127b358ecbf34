#include "ekya/wire/fields.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

enum class Colour { red, green };

struct Point {
    double x = 0, y = 0;
};

/// One field of each kind.
struct Sample {
    std::string name;
    int count = 3;
    double share = 0.5;
    std::optional<double> maybe, or_null;
    std::vector<double> parts;
    std::map<std::string, double> by_class;
    Colour colour = Colour::green;
    Point point;
    bool flag = true;
    std::vector<std::string> tags;
    std::string source;
    std::string path;
};

void describe(wire::Enumeration<Colour>& e) {
    e.value(Colour::red, "red", "like blood");
    e.value(Colour::green, "green");
}

void describe(wire::Object<Point>& o) {
    o.as_list();
    o.field("x", &Point::x).text("to the right");
    o.field("y", &Point::y).text("down");
}

void describe(wire::Object<Sample>& o) {
    o.record("ekya.sample/1", "One field of each kind.");
    o.field("name", &Sample::name).format(wire::file_name).text("a name");
    o.field("count", &Sample::count).at_least(1).optional().text("a number");
    o.field("share", &Sample::share).above(0).at_most(1).omit_default().text("a share");
    o.field("maybe", &Sample::maybe).at_least(0).text("a length").unit("metres");
    o.field("or_null", &Sample::or_null).below(1).nullable().text("a number or none");
    o.field("parts", &Sample::parts).within(0, 1).omit_default().text("parts");
    o.field("by_class", &Sample::by_class).within(0, 1).omit_default().text("parts by class");
    o.field("colour", &Sample::colour).omit_default().text("a colour");
    o.field("point", &Sample::point).text("a point");
    o.field("flag", &Sample::flag)
        .omit_default([](const Sample& s) { return s.count > 2; })
        .text("whether there are many");
    o.field("tags", &Sample::tags).at_least_entries(2).unique().omit_default().text("tags");
    o.field("source", &Sample::source).one_of({"file", "url"}).omit_default().text("source");
    o.field("path", &Sample::path).omit_default().text("path of a source that is a file");
    o.needs({"path"}, "source", "file");
    o.constant("unit", "m", "unit of the point");
}

Json sample() {
    return Json::parse(R"({"schema": "ekya.sample/1", "name": "a", "or_null": null, "unit": "m",
        "point": [1, 2.5]})");
}

std::string complaint(const Json& json) {
    return message_of<InputError>([&] { (void)decode<Sample>(json, "in:3"); });
}

std::string complaint(const std::string& field, const Json& value) {
    auto json = sample();
    json[field] = value;
    return complaint(json);
}

Json labels() {
    return Json::parse(R"({"schema": "ekya.labels/1", "stream": "a", "window": 3,
        "teacher": "annotations", "fraction": 0.3, "complete": true, "seconds": 0.002,
        "labels": [{"crop": 0, "class": "car", "score": 1.0}]})");
}

std::string labels_complaint(const Json& json) {
    return message_of<InputError>([&] { (void)decode<LabelSet>(json, "set.jsonl:3"); });
}

}  // namespace

TEST_CASE("fields: what is missing has its default, and is left out again where that is told") {
    const auto s = decode<Sample>(sample(), "in");
    CHECK(s.count == 3);
    CHECK(s.share == 0.5);
    CHECK_FALSE(s.maybe);
    CHECK_FALSE(s.or_null);
    CHECK(s.colour == Colour::green);
    CHECK(s.point.y == 2.5);
    CHECK(s.flag);
    auto expected = sample();
    expected["count"] = 3;
    CHECK(encode(s) == expected);
}

TEST_CASE("fields: what differs from the default comes back") {
    Sample s;
    s.name = "b";
    s.count = 1;
    s.share = 0.25;
    s.maybe = 2;
    s.or_null = -1;
    s.parts = {0, 1};
    s.by_class = {{"car", 0.5}};
    s.colour = Colour::red;
    s.tags = {"x", "y"};
    s.source = "file";
    s.path = "a/b";
    const auto json = encode(s);
    CHECK(json.at("colour") == "red");
    CHECK(json.at("flag") == true);  // not what count 1 means
    CHECK(encode(decode<Sample>(json, "in")) == json);
    s.flag = false;
    CHECK_FALSE(encode(s).contains("flag"));
    CHECK_FALSE(decode<Sample>(encode(s), "in").flag);
}

TEST_CASE("fields: messages name place, what was found and what is expected") {
    CHECK(complaint("name", 1) == "in:3: /name: 1 found, a text is expected");
    CHECK(
        complaint("name", "") ==
        "in:3: /name: \"\" is not a name of up to 128 letters, digits, \".\", \"_\" and \"-\" that "
        "begins with a letter or digit");
    CHECK(contains(complaint("name", "../etc"), "/name: \"../etc\" is not a name"));
    CHECK(contains(complaint("name", "a\n"), "/name: \"a\\x0a\" is not a name"));
    CHECK(complaint("count", 0) == "in:3: /count: 0 is not in [1, 2147483647]");
    CHECK(complaint("count", 2.5) == "in:3: /count: 2.5 found, a whole number is expected");
    CHECK(complaint("count", 4294967299) == "in:3: /count: 4294967299 is not in [1, 2147483647]");
    CHECK(complaint("share", 0) == "in:3: /share: 0 is not in (0, 1]");
    CHECK(complaint("share", 1.3) == "in:3: /share: 1.3 is not in (0, 1]");
    CHECK(complaint("share", std::nan("")) == "in:3: /share: is not a finite number");
    CHECK(complaint("maybe", -0.5) == "in:3: /maybe: -0.5 is below 0");
    CHECK(complaint("maybe", nullptr) == "in:3: /maybe: null found, a number is expected");
    CHECK(complaint("or_null", 1) == "in:3: /or_null: 1 is not below 1");
    CHECK(complaint("parts", {0.5, 2}) == "in:3: /parts/1: 2 is not in [0, 1]");
    CHECK(complaint("by_class", {{"car", 2}}) == "in:3: /by_class/car: 2 is not in [0, 1]");
    CHECK(complaint("colour", "blue") == "in:3: /colour: \"blue\" is not one of red, green");
    CHECK(complaint("colour", Json::array()) == "in:3: /colour: a list found, a text is expected");
    CHECK(complaint("point", {1, 2, 3}) == "in:3: /point: a list found, a list of 2 is expected");
    CHECK(complaint("point", {1, "x"}) == "in:3: /point/1: \"x\" found, a number is expected");
    CHECK(complaint("tags", {"x"}) == "in:3: /tags: a list of 1 found, at least 2 are expected");
    CHECK(complaint("tags", {"x", "x"}) == "in:3: /tags: two entries are the same");
    CHECK(complaint("source", "file") == "in:3: /path: missing, source \"file\" needs it");
    CHECK(complaint("source", "url").empty());
    CHECK(complaint("unit", "cm") == "in:3: /unit: \"cm\" found, \"m\" is expected");
    auto json = sample();
    json.erase("point");
    CHECK(complaint(json) == "in:3: /point: missing, a list is expected");
}

TEST_CASE("fields: whole numbers beyond 64 bits are refused, those below come through") {
    Json json = encode(WindowEnd{"a", 1, 0, 5, 1, true, false});
    const auto complaint_of_end = [&](auto frame) {
        json["end_frame"] = frame;
        return message_of<InputError>([&] { (void)decode<WindowEnd>(json, "in"); });
    };
    json["end_frame"] = 1'000'000'000'000'000;
    CHECK(decode<WindowEnd>(json, "in").end_frame == 1'000'000'000'000'000);
    CHECK(contains(complaint_of_end(std::numeric_limits<std::int64_t>::max()), "is not in [0, "));
    CHECK(contains(complaint_of_end(std::numeric_limits<std::uint64_t>::max()), "is not in [0, "));
    json["end_frame"] = 5;
    json["window"] = std::numeric_limits<std::uint64_t>::max();
    CHECK(contains(message_of<InputError>([&] { (void)decode<WindowEnd>(json, "in"); }),
                   " is not in [0, 999999999]"));
}

TEST_CASE("schema_of: everything that was told about the fields") {
    const auto schema = schema_of<Sample>();
    CHECK(schema.at("title") == "ekya.sample/1");
    CHECK(schema.at("$id") == "https://ekya.invalid/schemas/sample.v1.schema.json");
    CHECK(schema.at("required") == wire::SchemaJson{"schema", "name", "or_null", "point", "unit"});
    const auto& p = schema.at("properties");
    CHECK(p.at("schema") == wire::SchemaJson{{"const", "ekya.sample/1"}});
    CHECK(p.at("count").dump() == R"({"description":"a number","type":"integer",)"
                                  R"("minimum":1,"maximum":2147483647,"default":3})");
    CHECK(p.at("share").dump() == R"({"description":"a share","type":"number",)"
                                  R"("exclusiveMinimum":0,"maximum":1,"default":0.5})");
    CHECK(p.at("maybe").dump() ==
          R"({"description":"a length, in metres","type":"number","minimum":0})");
    CHECK(p.at("or_null").at("type") == wire::SchemaJson{"number", "null"});
    CHECK(p.at("parts").at("items").at("maximum") == 1);
    CHECK(p.at("by_class").at("additionalProperties").at("maximum") == 1);
    CHECK(p.at("colour").dump() == R"({"description":"a colour: red = like blood",)"
                                   R"("enum":["red","green"],"default":"green"})");
    CHECK(p.at("point").at("maxItems") == 2);
    CHECK_FALSE(p.at("flag").contains("default"));
    CHECK(p.at("tags").at("uniqueItems") == true);
    CHECK(p.at("unit").at("const") == "m");
    CHECK(schema.at("allOf").at(0).at("then").at("required") == wire::SchemaJson{"path"});
}

TEST_CASE("decode: a very long text is refused before its form is looked at") {
    auto json = labels();
    json["stream"] = std::string(limits::name_bytes, 'a');
    CHECK(labels_complaint(json).empty());
    json["stream"] = std::string(limits::name_bytes + 1, 'a');
    CHECK(contains(labels_complaint(json), "is not a name of up to 128 letters"));
    json["stream"] = std::string(1'000'000, 'a');
    CHECK(labels_complaint(json) ==
          "set.jsonl:3: /stream: a text of 1000000 bytes, at most 4096 are read");
    json = labels();
    json["labels"][0]["class"] = std::string(5000, 'a');
    CHECK(labels_complaint(json) ==
          "set.jsonl:3: /labels/0/class: a text of 5000 bytes, at most 4096 are read");
}

TEST_CASE("decode: no object, no schema, another schema") {
    CHECK(contains(labels_complaint(Json::array()),
                   "set.jsonl:3: a JSON object with \"schema\": \"ekya.labels/1\" is expected"));
    CHECK(contains(labels_complaint(Json(3)), "a JSON object"));
    CHECK(contains(labels_complaint(nullptr), "a JSON object"));
    auto json = labels();
    json.erase("schema");
    CHECK(labels_complaint(json) == "set.jsonl:3: /schema: missing, \"ekya.labels/1\" is expected");
    json["schema"] = 1;
    CHECK(contains(labels_complaint(json), "/schema"));
    json["schema"] = "ekya.labels/2";
    CHECK(labels_complaint(json) ==
          "set.jsonl:3: /schema: \"ekya.labels/2\" found, \"ekya.labels/1\" is expected");
}

TEST_CASE("decode: violations are named by JSON pointer, deep ones too") {
    CHECK(labels_complaint(labels()).empty());
    auto json = labels();
    json["labels"].push_back({{"crop", -1}, {"class", "car"}, {"score", 1}});
    CHECK(labels_complaint(json).rfind("set.jsonl:3: /labels/1/crop: ", 0) == 0);
    json = labels();
    json["labels"][0].erase("class");
    CHECK(labels_complaint(json) == "set.jsonl:3: /labels/0/class: missing, a text is expected");
}

TEST_CASE("decode: unknown fields pass at every depth") {
    auto json = labels();
    json["note"] = "new in a later version";
    json["labels"][0]["note"] = Json::array({1, 2});
    CHECK(labels_complaint(json).empty());
}

TEST_CASE("decode: a label's weight depends on how it was drawn, where it is not told") {
    auto json = labels();
    CHECK(decode<LabelSet>(json, "in").labels[0].weight == 1);
    json["labels"][0]["uniform"] = false;
    const auto set = decode<LabelSet>(json, "in");
    CHECK(set.labels[0].weight == 0);
    CHECK(encode(set) == json);
}
