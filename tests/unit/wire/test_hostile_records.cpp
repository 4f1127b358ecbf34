// What hostile records try. Each line of a table is one attack; every refusal must be a message of
// plain text and of bounded length that names the place.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/names.hpp"
#include "ekya/wire/stream_list.hpp"
#include "samples.hpp"
#include "schemas/record_types.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_message = 1000;

void check_message(const std::string& message, const std::string& expected) {
    CAPTURE(message);
    CHECK(contains(message, expected));
    CHECK(is_plain_text(message));
    CHECK(message.size() <= longest_message);
}

Json example_of(const std::string& id) {
    std::string file = id.substr(id.find('.') + 1);
    file.replace(file.find('/'), 1, ".v");
    const fs::path schema = fs::path(EKYA_SOURCE_DIR) / "schemas" / (file + ".schema.json");
    return parse_json(content_of(schema), schema.string()).at("examples").front();
}

const RecordType& type_of(const std::string& id) {
    static const auto types = wire_record_types();
    return *std::find_if(types.begin(), types.end(), [&](const auto& t) { return t.id == id; });
}

std::string complaint(const std::string& id, const Json& record) {
    return message_of<InputError>([&] { (void)type_of(id).again(record); });
}

const std::string escape = "\x1b]0;owned\x07",
                  c1 = "\xc2\x9b"
                       "31m",
                  bidi =
                      "a\xe2\x80\xae"
                      "b",
                  path = "../../etc/x";

/// Names that must not become files, and why a terminal or a shell would mind.
const std::vector<std::string> bad_names = {"",
                                            ".",
                                            "..",
                                            path,
                                            "/etc/passwd",
                                            "a/b",
                                            ".hidden",
                                            "-rf",
                                            "a b",
                                            "a\nb",
                                            "a\r",
                                            std::string("a\0b", 3),
                                            "a\tb",
                                            escape,
                                            c1,
                                            bidi,
                                            "\x7f",
                                            "stra\xc3\x9f"
                                            "e",
                                            "a;reboot",
                                            "$(reboot)",
                                            "9+BASH_VERSINFO[$(touch pwned)]",
                                            "a*",
                                            "a\\b",
                                            "a:b",
                                            std::string(limits::name_bytes + 1, 'a'),
                                            std::string(4097, 'a')};

const std::vector<std::string> bad_classes = {"",
                                              " ",
                                              "    ",
                                              " car",
                                              "car ",
                                              "car\ntruck",
                                              "car\r",
                                              "car\t",
                                              escape,
                                              c1,
                                              bidi,
                                              "\x7f",
                                              std::string("a\0b", 3),
                                              std::string(limits::class_bytes + 1, 'a'),
                                              std::string(10'000, 'a')};

struct Attack {
    std::string id, pointer;
    Json value;
    std::string expected;
};

const Json many_configs = [] {
    Json list = Json::array();
    const Json config = example_of("ekya.configs/1").at("configs").at(0);
    for (std::size_t i = 0; i <= limits::configurations; ++i) list.push_back(config);
    return list;
}();

const std::vector<Attack> attacks = {
    {"ekya.streams/1", "/streams/0/source", "rtsp://camera/" + escape, "without control"},
    {"ekya.streams/1", "/streams/0/source", "video.mp4\n", "without control"},
    {"ekya.streams/1", "/streams/0/source", "", "is empty"},
    {"ekya.streams/1", "/streams/0/source", std::string(5000, 'a'), "at most 4096"},
    {"ekya.streams/1", "/streams/0/annotations", "boxes\x1b[2J.csv", "without control"},
    {"ekya.streams/1", "/streams/1/fps", 0, "is not in (0, 1000000]"},
    {"ekya.streams/1", "/streams/1/fps", 1e9, "is not in (0, 1000000]"},
    {"ekya.streams/1", "/streams/1/fps", "25", "a number is expected"},
    {"ekya.streams/1", "/classes", Json::array(), "at least 1"},
    {"ekya.streams/1", "/classes", {"car", "car"}, "two entries are the same"},
    {"ekya.streams/1", "/classes", "car,truck", "a list is expected"},
    {"ekya.streams/1", "/classes", {{"car", 1}}, "a list is expected"},
    {"ekya.streams/1", "/classes", std::vector<int>(limits::classes + 1, 1), "at most 65536"},
    {"ekya.streams/1", "/streams", std::vector<int>(limits::streams + 1, 1), "at most 20000"},
    {"ekya.streams/1", "/streams", Json::array(), "at least 1"},
    {"ekya.configs/1", "/configs", many_configs, "at most 10000"},
    {"ekya.configs/1", "/configs/0/epochs", 0, "is not in [1, 10000]"},
    {"ekya.configs/1", "/configs/0/epochs", 2'000'000'000, "is not in [1, 10000]"},
    {"ekya.configs/1", "/configs/0/epochs", 1.5, "a whole number is expected"},
    {"ekya.configs/1", "/configs/0/epochs", 1e300, "a whole number is expected"},
    {"ekya.configs/1", "/configs/0/batch_size", 1'000'000'000, "is not in [2, 65536]"},
    {"ekya.configs/1", "/configs/0/head_width", 65'536, "is not in [0, 8192]"},
    {"ekya.configs/1", "/configs/0/learning_rate", 1e30, "is not in (0, 100]"},
    {"ekya.configs/1", "/configs/0/data_fraction", -1, "is not in (0, 1]"},
    {"ekya.configs/1", "/configs/0/layers", escape, "is not one of head, last_stage, all"},
    {"ekya.window/1", "/window", -1, "is not in [0, 999999999]"},
    {"ekya.window/1", "/window", 2147483647, "is not in [0, 999999999]"},
    {"ekya.window/1", "/window", 18446744073709551615ULL, "is not in [0, 999999999]"},
    {"ekya.window/1", "/width", 100'000'000, "is not in [0, 16384]"},
    {"ekya.window/1", "/height", -1, "is not in [0, 16384]"},
    {"ekya.window/1", "/crops", -1, "is not in"},
    {"ekya.window/1", "/crop_size", 16'384, "is not in [0, 1024]"},
    {"ekya.window/1", "/utc", "2026-11-29T21:24:00\n", "is not a time in UTC"},
    {"ekya.window/1", "/objects_from", escape, "is not one of"},
    {"ekya.window/1", "/end_frame", 9'000'000'000'000'000'000, "is not in"},
    {"ekya.window/1", "/frames/0/time", 1e300, "is too large"},
    {"ekya.window/1", "/frames/0/objects/0/box", {0, 0, 1e300, 1}, "is too large"},
    {"ekya.window/1", "/frames/0/objects/0/box", {0, 0, 1e7, 1}, "is not in"},
    {"ekya.window/1", "/frames/0/objects/0/box", {0, 0, 1}, "a list of 4"},
    {"ekya.labels/1", "/labels/0/crop", -1, "is not in"},
    {"ekya.labels/1", "/labels/0/score", 1.5, "is not in [0, 1]"},
    {"ekya.labels/1", "/teacher", escape, "without control"},
    {"ekya.labels/1",
     "/yield",
     {{"asked", 1},
      {"given", 0},
      {"nothing", 0},
      {"below_score", 0},
      {"other_classes", {{escape, 1}}}},
     "the key"},
    {"ekya.model/1", "/architecture/classes", 1'000'000'000, "is not in [1, 65536]"},
    {"ekya.model/1", "/architecture/classes", 6, "5 classes are named"},
    {"ekya.model/1", "/architecture/input_size", 1'000'000'000, "is not in [1, 16384]"},
    {"ekya.model/1", "/architecture/head_width", 65'536, "is not in [0, 8192]"},
    {"ekya.model/1", "/architecture/network", escape, "without control"},
    {"ekya.model/1", "/window", -2, "is not in [-1, 999999999]"},
    {"ekya.model/1", "/sha256", std::string(64, 'G'), "is not a SHA-256"},
    {"ekya.plan/1", "/gpus", 1e300, "is too large"},
    {"ekya.plan/1", "/gpus", 1e7, "is not in [0, 1000000]"},
    {"ekya.plan/1", "/policy", escape, "without control"},
    {"ekya.plan/1", "/streams/0/steps", Json::array(), "at least 1"},
    {"ekya.plan/1", "/streams/0/steps/0/inference_share", 1e7, "is not in [0, 1000000]"},
    {"ekya.plan/1", "/streams/0/retraining/name", "e15\x1b[31m", "without control"},
    {"ekya.planning-input/1", "/inference", Json::array(), "at least 1"},
    {"ekya.planning-input/1", "/inference/0/share", 1e7, "is not in [0, 1000000]"},
    {"ekya.planning-input/1", "/inference/0/config/frame_stride", 2'000'000'000, "is not in"},
    {"ekya.planning-input/1", "/retraining", many_configs, "at most 10000"},
    {"ekya.planning-input/1", "/retraining/0/device_seconds", 0, "is not above 0"},
    {"ekya.planning-input/1", "/scene", {{"class_shares", {{"a\nb", 1}}}}, "the key"},
    {"ekya.planning-input/1", "/scene", {{"class_shares", {0.5, 0.5}}}, "an object is expected"},
    {"ekya.profile/1", "/profiling_seconds", -1, "is below 0"},
    {"ekya.truth/1", "/accuracy", "1", "a number is expected"},
    {"ekya.control/1", "/request", escape, "is not one of swap"},
    {"ekya.control/1", "/share", 1e300, "is too large"},
    {"ekya.control/1", "/share", 1e7, "is not in [0, 1000000]"},
    {"ekya.control/1", "/frame_stride", 2'000'000'000, "is not in [1, 1000000]"},
    {"ekya.control/1", "/input_size", 1'000'000'000, "is not in [0, 1024]"},
    {"ekya.control-reply/1", "/frame_stride", 0, "is not in"},
    {"ekya.inference/1", "/frame", -1, "is not in"},
    {"ekya.inference/1", "/input_size", 1'000'000, "is not in [1, 1024]"},
    {"ekya.accuracy/1", "/accuracy", 2, "is not in [0, 1]"},
    {"ekya.frame/1", "/width", 100'000'000, "is not in [0, 16384]"},
    {"ekya.frame/1", "/format", escape, "\"bgr24\" is expected"},
    {"ekya.frame/1", "/frame", 9'223'372'036'854'775'807, "is not in"},
    {"ekya.window-end/1", "/end_frame", 9'000'000'000'000'000'000, "is not in"},
    {"ekya.window-end/1", "/seconds", 1e300, "is too large"},
    {"ekya.job-order/1", "/share", 1e300, "is too large"},
    {"ekya.job-order/1", "/state", "run\n", "is not one of run"},
    {"ekya.job-use/1", "/share", -1, "is not in"},
    {"ekya.job/1", "/exit_code", 256, "is not in [0, 255]"},
    {"ekya.job/1", "/id", escape, "without control"},
    {"ekya.job/1", "/pid", -1, "is not in"},
    {"ekya.retraining/1", "/config", escape, "without control"},
    {"ekya.retraining/1", "/moments/0/what", escape, "is not one of planned"},
    {"ekya.results/1", "/policies/0/policy", escape, "without control"},
    {"ekya.results/1", "/protocol", "simulated", "\"live\" is expected"},
    {"ekya.progress/1", "/epoch", -1, "is not in"},
    {"ekya.doctor/1", "/cameras/0/other_classes", {{c1, 1}}, "the key"},
    {"ekya.doctor/1", "/cameras/0/width", 1'000'000, "is not in [0, 16384]"},
    {"ekya.key/1", "/public_key", std::string(41, 'a'), "at most 40"},
};

/// Fields that name a file or directory, or what becomes one.
const std::vector<std::pair<std::string, std::string>> names = {
    {"ekya.streams/1", "/streams/0/id"},
    {"ekya.window/1", "/stream"},
    {"ekya.window/1", "/frames/0/image"},
    {"ekya.labels/1", "/stream"},
    {"ekya.model/1", "/id"},
    {"ekya.model/1", "/stream"},
    {"ekya.model/1", "/parent_stream"},
    {"ekya.plan/1", "/streams/0/stream"},
    {"ekya.plan/1", "/streams/0/cached"},
    {"ekya.planning-input/1", "/stream"},
    {"ekya.profile/1", "/model"},
    {"ekya.truth/1", "/model"},
    {"ekya.control/1", "/model"},
    {"ekya.serving/1", "/model"},
    {"ekya.inference-event/1", "/model"},
    {"ekya.frame/1", "/stream"},
    {"ekya.window-end/1", "/stream"},
    {"ekya.accuracy/1", "/models/0/model"},
    {"ekya.progress/1", "/model"},
    {"ekya.retraining/1", "/model"},
    {"ekya.key/1", "/name"},
};
/// The same, but they may be empty.
const std::vector<std::pair<std::string, std::string>> names_or_none = {
    {"ekya.model/1", "/parent"},         {"ekya.serving/1", "/previous"},
    {"ekya.control-reply/1", "/stream"}, {"ekya.control-reply/1", "/model"},
    {"ekya.inference/1", "/model"},
};
const std::vector<std::pair<std::string, std::string>> class_names = {
    {"ekya.streams/1", "/classes/0"},
    {"ekya.labels/1", "/labels/0/class"},
    {"ekya.model/1", "/classes/0"},
    {"ekya.inference/1", "/objects/0/class"},
};

void check_all(const std::vector<std::pair<std::string, std::string>>& fields,
               const std::vector<std::string>& values, bool may_be_empty = false) {
    for (const auto& field : fields)
        for (const auto& value : values) {
            const auto& id = field.first;
            const auto& pointer = field.second;
            if (may_be_empty && value.empty()) continue;
            CAPTURE(id);
            CAPTURE(pointer);
            Json record = example_of(id);
            record[Json::json_pointer(pointer)] = value;
            check_message(complaint(id, record), "example: " + pointer + ": ");
        }
}

}  // namespace

TEST_CASE("hostile JSON: refused with a plain message") {
    struct Text {
        std::string text, expected;
    };
    const std::string deep_list(101, '['), deep_object = [] {
        std::string text;
        for (int i = 0; i < 101; ++i) text += "{\"a\":";
        return text;
    }();
    std::string many = "[0";
    for (std::size_t i = 0; i < limits::json_values; ++i) many += ",0";
    const std::vector<Text> texts = {
        {R"({"a":1,"a":2})", "the key \"a\" stands twice"},
        {R"({"a":1,"b":2,"a":1})", "the key \"a\" stands twice"},
        {R"({"a":1,"\u0061":2})", "the key \"a\" stands twice"},
        {R"({"o":{"a":1,"a":null}})", "the key \"a\" stands twice"},
        {R"([{"a":1},{"a":{},"a":[]}])", "the key \"a\" stands twice"},
        {R"({"schema":"ekya.plan/1","schema":"ekya.key/1"})", "the key \"schema\" stands twice"},
        {R"({"\u001b[31m":1,"\u001b[31m":2})", "the key \"\\x1b[31m\" stands twice"},
        {"{\"" + std::string(1'000'000, 'k') + "\":1,\"" + std::string(1'000'000, 'k') + "\":2}",
         "the key \"kkk"},
        {"", "not valid JSON"},
        {" \n", "not valid JSON"},
        {"{} {}", "not valid JSON"},
        {"{}\x1b[2J", "not valid JSON"},
        {"\xef\xbb\xbf{", "not valid JSON"},
        {std::string("{}\0", 3), "not valid JSON"},
        {std::string("\"a\0b\"", 5), "not valid JSON"},
        {"\"a\nb\"", "not valid JSON"},
        {"\"\x1b[31m\"", "not valid JSON"},
        {"\"\xff\"", "not valid JSON"},
        {"\"\xc3\"", "not valid JSON"},
        {"\"\xc0\xaf\"", "not valid JSON"},
        {"\"\xe0\x80\xaf\"", "not valid JSON"},
        {"\"\xed\xa0\x80\"", "not valid JSON"},
        {"\"\xf4\x90\x80\x80\"", "not valid JSON"},
        {"\"\xf8\x88\x80\x80\x80\"", "not valid JSON"},
        {R"("\ud800")", "not valid JSON"},
        {R"("\udc00\ud800")", "not valid JSON"},
        {R"("\x41")", "not valid JSON"},
        {R"("\u12")", "not valid JSON"},
        {"'a'", "not valid JSON"},
        {"[1,]", "not valid JSON"},
        {"{\"a\":1,}", "not valid JSON"},
        {"// no\n{}", "not valid JSON"},
        {"{a:1}", "not valid JSON"},
        {"{1:1}", "not valid JSON"},
        {"NaN", "not valid JSON"},
        {"[Infinity]", "not valid JSON"},
        {"-", "not valid JSON"},
        {"+1", "not valid JSON"},
        {"01", "not valid JSON"},
        {"0x10", "not valid JSON"},
        {".5", "not valid JSON"},
        {"1e999", "not valid JSON"},
        {"-1e999", "not valid JSON"},
        {"1" + std::string(400, '0'), "not valid JSON"},
        {"\"" + std::string(1'000'000, 'x'), "not valid JSON"},
        {"nul", "not valid JSON"},
        {deep_list, "nested deeper than 100 levels"},
        {deep_object, "nested deeper than 100 levels"},
        {std::string(2'000'000, '['), "nested deeper than 100 levels"},
        {many, "holds more than 10000000 values"},
    };
    for (const auto& entry : texts) {
        const auto& text = entry.text;
        CAPTURE(text.substr(0, 60));
        check_message(message_of<InputError>([&] { (void)parse_json(text, "in:1"); }),
                      "in:1: " + entry.expected);
    }
}

TEST_CASE("JSON: equal keys in different objects, and text beyond ASCII, are read") {
    const Json json =
        parse_json(R"({"a":{"a":[{"a":1},{"a":"\u00e4 ö \ud83d\ude00"}]},"b":{"a":2}})", "");
    CHECK(json["a"]["a"][1]["a"] == "ä ö 😀");
    CHECK(json == Json::parse(json.dump()));
}

TEST_CASE("hostile records: each attack is refused at its place") {
    for (const auto& attack : attacks) {
        const auto& [attacked, place, value, expected] = attack;
        const std::string id = attacked, pointer = place;
        CAPTURE(id);
        CAPTURE(pointer);
        Json record = example_of(id);
        record[Json::json_pointer(pointer)] = value;
        const auto message = complaint(id, record);
        check_message(message, expected);
        CHECK(contains(message, "example: " + pointer));
    }
}

TEST_CASE("hostile records: ids that are paths, escape sequences or too long are refused") {
    check_all(names, bad_names);
    check_all(names_or_none, bad_names, true);
}

TEST_CASE("hostile records: classes with control characters, of blanks, too long are refused") {
    check_all(class_names, bad_classes);
    // The key of a map of classes.
    Json list = example_of("ekya.streams/1");
    list["classes"] = {"car, red", "Straßenbahn", "路", "a=b", "\"quoted\"", std::string(256, 'c')};
    CHECK(complaint("ekya.streams/1", list).empty());
}

TEST_CASE("hostile records: of any record the schema may be anything, its name is quoted short") {
    const std::vector<Json> schemas = {std::string(20'000'000, 'x'),
                                       "ekya.plan/1\nerror: forged",
                                       escape,
                                       bidi,
                                       "",
                                       1,
                                       nullptr,
                                       Json::array({1}),
                                       {{"a", 1}}};
    for (const auto& type : wire_record_types())
        for (const auto& schema : schemas) {
            CAPTURE(type.id);
            Json record = example_of(type.id);
            record["schema"] = schema;
            check_message(complaint(type.id, record), "example: /schema: ");
        }
}

TEST_CASE("hostile records: keys of a megabyte and of control characters are quoted short") {
    for (const auto& key :
         {std::string(1'000'000, 'k'), escape, c1, bidi, std::string("a\0b", 3)}) {
        Json record = example_of("ekya.planning-input/1");
        record["scene"] = {{"class_shares", {{key, 2}}}};
        check_message(complaint("ekya.planning-input/1", record), "/scene/class_shares");
        record = example_of("ekya.planning-input/1");
        record[key] = 1;  // unknown fields pass
        CHECK(complaint("ekya.planning-input/1", record).empty());
    }
}

TEST_CASE("what records say in free words is harmless when it is written") {
    RetrainingRecord record = decode<RetrainingRecord>(example_of("ekya.retraining/1"), "in");
    record.why = "RTSP/1.0 404 " + escape + c1 + bidi + "\xff\n" + std::string(100'000, 'x');
    const Json json = encode(record);
    const auto why = json.at("why").get<std::string>();
    CHECK(contains(why, "404 \\x1b]0;owned\\x07"));
    CHECK(is_plain_text(why));
    CHECK(why.size() <= limits::text_bytes);
    CHECK(decode<RetrainingRecord>(json, "in").why == why);

    WindowManifest manifest = sample_manifest();
    manifest.gaps = {escape, "a\nb"};
    CHECK(encode(manifest).at("gaps") == Json{"\\x1b]0;owned\\x07", "a\\x0ab"});

    LabelSet labels = sample_labels();
    labels.yield = LabelYield{};
    labels.yield->other_classes[escape] = 1;
    CHECK(encode(decode<LabelSet>(encode(labels), "in")) == encode(labels));
}

TEST_CASE("read_stream_list: 20,000 streams and 65,536 classes are read; twins are named") {
    const Scratch scratch;
    Json list = example_of("ekya.streams/1");
    list["classes"] = Json::array();
    for (std::size_t i = 0; i < limits::classes; ++i)
        list["classes"].push_back("class " + std::to_string(i));
    list["streams"] = Json::array();
    const std::vector<std::string> few = {"car", "bus"};
    for (std::size_t i = 0; i < limits::streams; ++i)
        list["streams"].push_back(
            {{"id", "s" + std::to_string(i)}, {"source", "a.mp4"}, {"classes", few}});
    const auto streams = read_stream_list(list.dump(), "list.json");
    CHECK(streams.size() == limits::streams);
    std::vector<std::string> ids;
    for (const auto& stream : streams) ids.push_back(stream.id);
    CHECK(select_streams(streams, ids).size() == limits::streams);
    CHECK(contains(message_of<ConfigError>([&] { (void)select_streams(streams, {escape}); }),
                   "is not in the stream list"));
    list["streams"][7]["id"] = "s8";
    CHECK(
        contains(message_of<ConfigError>([&] { (void)read_stream_list(list.dump(), "list.json"); }),
                 "two streams have the id \"s8\""));
}
