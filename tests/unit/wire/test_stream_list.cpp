#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/wire/json.hpp"
#include "ekya/wire/retraining_configs.hpp"
#include "ekya/wire/stream_list.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

std::vector<StreamSource> list_of(const Scratch& scratch, const std::string& streams) {
    write(scratch / "lists/streams.json",
          R"({"schema": "ekya.streams/1", "classes": ["car", "pedestrian"], "streams": [)" +
              streams + "]}");
    return read_stream_list(scratch / "lists/streams.json");
}

}  // namespace

TEST_CASE(
    "read_stream_list: relative paths from the list's directory; URLs and absolute paths as they "
    "are") {
    const Scratch scratch;
    const auto streams =
        list_of(scratch, R"({"id": "a", "source": "video/a.mp4", "annotations": "../boxes.csv"},
        {"id": "b", "source": "rtsp://camera:554/stream?x=1", "fps": 12.5},
        {"id": "c", "source": "/dev/video0", "annotations": "/data/c.csv"})");
    REQUIRE(streams.size() == 3);
    CHECK(streams[0].source == (scratch / "lists/video/a.mp4").string());
    CHECK(streams[0].annotations == (scratch / "boxes.csv").string());
    CHECK(streams[0].fps == 0);
    CHECK(streams[1].source == "rtsp://camera:554/stream?x=1");
    CHECK(streams[1].annotations.empty());
    CHECK(streams[1].fps == 12.5);
    CHECK(streams[2].source == "/dev/video0");
    CHECK(streams[2].annotations == "/data/c.csv");
}

TEST_CASE(
    "read_stream_list: what a source may lead to are directories, from the list's, and hosts") {
    const Scratch scratch;
    const auto streams = list_of(
        scratch, R"({"id": "a", "source": "a.ffconcat", "allow": ["../b/", "/c", "cdn", "d:80"]})");
    REQUIRE(streams.size() == 1);
    CHECK(streams[0].allow ==
          std::vector<std::string>{(scratch / "b/").string(), "/c", "cdn", "d:80"});
    CHECK_THROWS_AS(list_of(scratch, R"({"id": "a", "source": "a.mp4", "allow": [""]})"),
                    InputError);
}

TEST_CASE("read_stream_list: the list's classes, unless a stream has its own") {
    const Scratch scratch;
    const auto streams = list_of(
        scratch,
        R"({"id": "a", "source": "a"}, {"id": "b", "source": "b", "classes": ["bus", "tram", "car"]})");
    CHECK(streams[0].classes == std::vector<std::string>{"car", "pedestrian"});
    CHECK(streams[1].classes == std::vector<std::string>{"bus", "tram", "car"});
    const auto one = list_of(scratch, R"({"id": "a", "source": "a", "classes": ["car"]})");
    CHECK(one[0].classes == std::vector<std::string>{"car"});  // enough for detection
}

TEST_CASE("read_stream_list: two streams with one id are a ConfigError that names it") {
    const Scratch scratch;
    const auto message = message_of<ConfigError>([&] {
        (void)list_of(
            scratch,
            R"({"id": "a", "source": "a"}, {"id": "b", "source": "b"}, {"id": "a", "source": "c"})");
    });
    CHECK(contains(message, "streams.json: /streams: two streams have the id \"a\""));
}

TEST_CASE("read_stream_list: file and field of what is wrong") {
    const Scratch scratch;
    const auto complaint = [&](const std::string& streams) {
        return message_of<InputError>([&] { (void)list_of(scratch, streams); });
    };
    CHECK(contains(complaint(""), "streams.json: /streams"));
    CHECK(contains(complaint(R"({"id": "a"})"), "source"));
    CHECK(contains(complaint(R"({"id": "../a", "source": "a"})"), "/streams/0/id"));
    CHECK(contains(complaint(R"({"id": "a", "source": "a", "fps": 0})"), "/streams/0/fps"));
    CHECK(
        contains(complaint(R"({"id": "a", "source": "a", "classes": []})"), "/streams/0/classes"));
    CHECK(contains(complaint(R"({"id": "a", "source")"), "streams.json: not valid JSON"));
    CHECK(contains(message_of<InputError>([&] { (void)read_stream_list(scratch / "none.json"); }),
                   "none.json"));
}

TEST_CASE(
    "select_streams: all, or those named, in the list's order; an unknown one is a ConfigError") {
    std::vector<StreamSource> all(3);
    all[0].id = "a";
    all[1].id = "b";
    all[2].id = "c";
    CHECK(select_streams(all, {}).size() == 3);
    const auto chosen = select_streams(all, {"c", "a", "c"});
    REQUIRE(chosen.size() == 2);
    CHECK(chosen[0].id == "a");
    CHECK(chosen[1].id == "c");
    CHECK_THROWS_WITH_AS((void)select_streams(all, {"a", "d"}),
                         "--stream: \"d\" is not in the stream list", ConfigError);
}

TEST_CASE("read_retraining_configs: the list; file and field of what is wrong") {
    const Scratch scratch;
    const auto read = [&](const std::string& config) {
        write(scratch / "configs.json",
              R"({"schema": "ekya.configs/1", "configs": [)" + config + "]}");
        return read_retraining_configs(scratch / "configs.json");
    };
    const std::string good =
        R"({"epochs": 5, "data_fraction": 0.5, "layers": "head", "batch_size": 8, "head_width": 4, "learning_rate": 0.1})";
    const auto configs = read(good + "," + good);
    REQUIRE(configs.size() == 2);
    CHECK(configs[1] == RetrainingConfig{5, 0.5, TrainedLayers::head, 8, 4, 0.1});
    auto bad = Json::parse(good);
    bad["layers"] = "some";
    CHECK(contains(message_of<InputError>([&] { (void)read(bad.dump()); }),
                   "configs.json: /configs/0/layers"));
    bad = Json::parse(good);
    bad["epochs"] = 0;
    CHECK(contains(message_of<InputError>([&] { (void)read(good + "," + bad.dump()); }),
                   "configs.json: /configs/1/epochs"));
}
