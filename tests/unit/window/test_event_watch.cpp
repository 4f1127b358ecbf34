#include <doctest/doctest.h>

#include "ekya/window/event_watch.hpp"
#include "ekya/wire/state_records.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
using Kind = Event::Kind;

namespace {

class FakeClock : public Clock {
public:
    [[nodiscard]] Seconds now() const override { return time; }
    void sleep(Seconds seconds) override { time += seconds; }
    Seconds time = 100;
};

struct Watched {
    Scratch scratch;
    FakeClock clock;
    std::vector<Event> events;
    EventWatch watch{Store(scratch.path()), clock,
                     [this](const Event& event) { events.push_back(event); }};

    void source(const std::string& stream, SourceState::State state, const std::string& why = {}) {
        SourceState source;
        source.stream = stream;
        source.state = state;
        source.reason = why;
        write(LiveFiles(scratch.path()).source_state(stream), to_line(encode(source)) + "\n");
    }
    void away(const std::string& stream, const std::string& why) {
        source(stream, SourceState::State::away, why);
    }
    void back(const std::string& stream) { source(stream, SourceState::State::live); }
    void serves(const std::string& stream, const std::string& model) {
        ServingRecord record{stream, model, ""};
        write(scratch / ("streams/" + stream + "/serving.json"), to_line(encode(record)) + "\n");
    }
    std::vector<Kind> take() {
        std::vector<Kind> kinds;
        for (const auto& event : std::exchange(events, {})) kinds.push_back(event.kind);
        return kinds;
    }
};

using Kinds = std::vector<Kind>;

}  // namespace

TEST_CASE("EventWatch: a camera is lost after some seconds, told once, and back at once") {
    Watched w;
    w.watch.look_at({"a", "b"});
    w.away("a", "at 62.4 s: no data for 5 s");
    w.watch.look_at({"a", "b"});
    CHECK(w.take() == Kinds{});  // may be a reconnect
    w.clock.time += EventWatch::lost_after;
    w.watch.look_at({"a", "b"});
    w.watch.look_at({"a", "b"});
    REQUIRE(w.events.size() == 1);
    CHECK(w.events[0].kind == Kind::camera_lost);
    CHECK(w.events[0].stream == "a");
    CHECK(w.events[0].reason == "at 62.4 s: no data for 5 s");
    CHECK(w.take().size() == 1);
    w.back("a");
    w.watch.look_at({"a", "b"});
    w.watch.look_at({"a", "b"});
    CHECK(w.take() == Kinds{Kind::camera_back});
    // A short one is nothing.
    w.away("b", "x");
    w.watch.look_at({"a", "b"});
    w.clock.time += EventWatch::lost_after / 2;
    w.back("b");
    w.watch.look_at({"a", "b"});
    CHECK(w.take() == Kinds{});
}

TEST_CASE("EventWatch: another model that serves is told, the one of the start is not") {
    Watched w;
    w.serves("a", "base");
    w.watch.look_at({"a", "b"});
    CHECK(w.take() == Kinds{});
    w.serves("a", "w00003-e5");
    w.serves("b", "base");  // its first model
    w.watch.look_at({"a", "b"});
    w.watch.look_at({"a", "b"});
    REQUIRE(w.events.size() == 2);
    CHECK(w.events[0].kind == Kind::model_served);
    CHECK(w.events[0].model == "w00003-e5");
    CHECK(w.events[1].stream == "b");
    w.events.clear();
    write(w.scratch / "streams/a/serving.json", "{");
    w.watch.look_at({"a", "b"});
    CHECK(w.take() == Kinds{});
    // A camera that leaves and comes back begins anew.
    w.watch.look_at({"a"});
    w.serves("b", "other");
    w.watch.look_at({"a", "b"});
    CHECK(w.take() == Kinds{});
}

TEST_CASE("EventWatch: drift is told when it begins, each refusal with its reason") {
    Watched w;
    const Store store(w.scratch.path());
    w.watch.look_at({"a"});
    const auto profile = [&](int window, bool drifted) {
        ProfileRecord record;
        record.stream = "a";
        record.window = window;
        record.accuracy = 0.5;
        record.model = "base";
        record.inference = {{{1, 0}, 1, 0.1}};
        record.drift = Drift{drifted, 0.12, 0.99, {}, {}, {}};
        store.write_profile(record);
    };
    for (const auto& [window, drifted] : {std::pair(1, false), {2, true}, {3, true}, {4, false}}) {
        profile(window, drifted);
        w.watch.window_over(window, {"a"});
    }
    REQUIRE(w.events.size() == 1);
    CHECK(w.events[0].kind == Kind::drift);
    CHECK(w.events[0].window == 2);
    CHECK(w.events[0].reason ==
          "the accuracy on the newest labels has fallen by 12 points since the model was promoted");
    w.events.clear();
    RetrainingRecord record;
    record.stream = "a";
    record.window = 5;
    record.config = "e5";
    record.model = "w00004-e5";
    record.moments = {{RetrainingMoment::What::planned, 0, 0.5}};
    record.outcome = RetrainingOutcome::refused;
    record.why = "won 1, lost 9 of 67";
    store.write_retraining(record);
    w.watch.window_over(5, {"a", "unknown"});
    REQUIRE(w.events.size() == 1);
    CHECK(w.events[0].kind == Kind::model_refused);
    CHECK(w.events[0].model == "w00004-e5");
    CHECK(w.events[0].reason == "won 1, lost 9 of 67");
}

TEST_CASE("EventWatch: a disk that is low is told once, and when it has room again") {
    Watched w;
    w.watch.disk(true, "0.9 GB left");
    w.watch.disk(true, "0.8 GB left");
    w.watch.disk(false, "2 GB left");
    CHECK(w.take() == Kinds{Kind::disk_low, Kind::disk_ok});
}
