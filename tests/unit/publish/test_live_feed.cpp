#include "ekya/publish/live_feed.hpp"

#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/core/event.hpp"
#include "ekya/wire/event_records.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/sockets.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
namespace fs = std::filesystem;

namespace {

std::string answer_line(const std::string& stream, int window, std::int64_t frame) {
    FrameAnswer answer;
    answer.stream = stream;
    answer.window = window;
    answer.frame = frame;
    answer.analysed = true;
    answer.model = "base";
    return to_line(encode(answer));
}

std::string event_line(Event::Kind kind, const std::string& stream) {
    return to_line(encode(Event{kind, "2026-11-29T21:24:00Z", stream, -1, "", ""}));
}

/// A store whose sockets are in a directory of their own.
struct LiveStore {
    Scratch scratch;
    fs::path store = scratch / "store", sockets = scratch / "sockets";
    SystemClock clock;

    LiveStore() {
        fs::create_directories(store / "run");
        fs::create_directories(sockets);
        fs::create_directory_symlink(sockets, store / "run/sockets");
    }
    std::string endpoint(const std::string& name) const {
        return "ipc://" + (sockets / name).string();
    }
};

/// Records until there are so many, while `publish` is called again and again.
std::vector<LiveRecord> take(LiveFeed& feed, std::size_t count,
                             const std::function<void()>& publish) {
    std::vector<LiveRecord> records;
    for (int i = 0; i < 1000 && records.size() < count; ++i) {
        publish();
        feed.wait(std::chrono::milliseconds(10));
        while (auto record = feed.next()) records.push_back(std::move(*record));
    }
    return records;
}

}  // namespace

TEST_CASE("live_record: kinds, streams, and what is no record") {
    std::string why;
    const auto answer = live_record(answer_line("gate", 1, 5), why);
    REQUIRE(answer);
    CHECK(answer->kind == LiveRecord::Kind::answer);
    CHECK(answer->stream == "gate");
    const auto event = live_record(event_line(Event::Kind::disk_low, ""), why);
    REQUIRE(event);
    CHECK(event->kind == LiveRecord::Kind::service);
    CHECK(event->stream.empty());
    // One record stays one line, whatever the sender wrote.
    const auto broken = live_record("{\"schema\": \"ekya.inference/1\",\n\"stream\": \"a\"}", why);
    REQUIRE(broken);
    CHECK(broken->line.find('\n') == std::string::npos);
    for (const auto* text :
         {"", "{", "[]", "{\"schema\":\"ekya.plan/1\"}", "{\"schema\":\"ekya.inference/1\"}",
          "{\"schema\":\"ekya.inference/1\",\"stream\":\"../x\"}",
          "{\"schema\":\"ekya.inference/1\",\"stream\":7}", "{\"schema\":7}"}) {
        CAPTURE(text);
        CHECK(!live_record(text, why));
        CHECK(!why.empty());
    }
}

TEST_CASE("LiveFeed: answers of all streams and events of the service, nonsense left out") {
    LiveStore live;
    LiveFeed feed({live.store, {}, {}, true, true, {}}, live.clock);
    EventPublisher a(live.endpoint("a.answers")), b(live.endpoint("b.answers"));
    std::int64_t frame = 0;
    std::map<std::string, int> seen;
    std::vector<std::string> troubles;
    for (int i = 0; i < 1000 && (seen.size() < 3 || troubles.empty()); ++i) {
        const auto records = take(feed, 1, [&] {
            ++frame;
            a.publish(answer_line("a", 0, frame));
            b.publish(answer_line("b", 0, frame));
            b.publish(std::string("{\"no\": \"record\"}"));
            std::ofstream(live.store / "run/events.jsonl", std::ios::app)
                << event_line(Event::Kind::drift, "a") << "\n";
        });
        for (const auto& record : records)
            ++seen[record.stream + (record.kind == LiveRecord::Kind::service ? " event" : "")];
        for (auto& trouble : feed.troubles()) troubles.push_back(trouble);
    }
    CHECK(seen.contains("a"));
    CHECK(seen.contains("b"));
    CHECK(seen.contains("a event"));
    CHECK(seen.size() == 3);
    REQUIRE(!troubles.empty());
    CHECK(contains(troubles[0], "a message was skipped"));
}

TEST_CASE(
    "LiveFeed: chosen streams alone; repeated answers are passed over, missing ones counted") {
    LiveStore live;
    LiveFeed feed({live.store, {"a"}, {}, true, false, {}}, live.clock);
    EventPublisher a(live.endpoint("a.answers")), b(live.endpoint("b.answers"));
    feed.begin_behind("a", 3, 100);
    const auto first = take(feed, 1, [&] {
        b.publish(answer_line("b", 3, 1));
        a.publish(answer_line("a", 3, 100));  // has been printed from a file
        a.publish(answer_line("a", 3, 101));
    });
    REQUIRE(first.size() == 1);
    CHECK(first[0].json.at("frame") == 101);
    CHECK(feed.missed() == 0);
    std::vector<std::int64_t> frames;
    for (const auto& record : take(feed, 3, [&] {
             a.publish(answer_line("a", 3, 105));
             a.publish(answer_line("a", 3, 104));
             a.publish(answer_line("a", 4, 2));  // counts anew
             a.publish(answer_line("a", 4, 3));
         }))
        frames.push_back(record.json.at("frame"));
    CHECK(frames == std::vector<std::int64_t>{105, 2, 3});
    CHECK(feed.missed() == 3);
}

TEST_CASE("LiveFeed: inference that is started again, and a service in another place, go on") {
    LiveStore live;
    LiveFeed feed({live.store, {}, {}, true, false, {}}, live.clock);
    std::int64_t frame = 0;
    for (int start = 0; start < 2; ++start) {
        EventPublisher a(live.endpoint("a.answers"));
        CHECK(take(feed, 1, [&] { a.publish(answer_line("a", 0, ++frame)); }).size() >= 1);
    }
    fs::remove(live.store / "run/sockets");
    fs::create_directories(live.scratch / "other");
    fs::create_directory_symlink(live.scratch / "other", live.store / "run/sockets");
    EventPublisher a("ipc://" + (live.scratch / "other/a.answers").string());
    CHECK(take(feed, 1, [&] { a.publish(answer_line("a", 0, ++frame)); }).size() >= 1);
}

TEST_CASE("for_each_recorded_answer: the file before comes first, a cut line is left out") {
    LiveStore live;
    const LiveFiles files(live.store);
    write(files.answers("a").string() + ".1", answer_line("a", 0, 1) + "\n");
    write(files.answers("a"), answer_line("a", 0, 2) + "\n" + answer_line("a", 0, 3) + "\n{\"sch");
    std::vector<std::int64_t> frames;
    for_each_recorded_answer(
        files, "a", [&](const LiveRecord& record) { frames.push_back(record.json.at("frame")); });
    CHECK(frames == std::vector<std::int64_t>{1, 2, 3});
    write(files.answers("a"), "{\"sch\n" + answer_line("a", 0, 2) + "\n");
    CHECK(contains(message_of<InputError>(
                       [&] { for_each_recorded_answer(files, "a", [](const LiveRecord&) {}); }),
                   "a.answers.jsonl:1: "));
    CHECK(files.answered_streams() == std::vector<std::string>{"a"});
}
