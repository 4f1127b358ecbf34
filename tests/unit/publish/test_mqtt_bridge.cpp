#include "ekya/publish/mqtt_bridge.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "ekya/core/errors.hpp"
#include "ekya/wire/event_records.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

class FakeClock : public Clock {
public:
    [[nodiscard]] Seconds now() const override { return time; }
    void sleep(Seconds seconds) override { time += seconds; }
    Seconds time = 1000;
};

LiveRecord answer_of(const std::string& stream, std::int64_t frame,
                     const std::vector<std::string>& classes, bool analysed = true) {
    FrameAnswer answer;
    answer.stream = stream;
    answer.window = 3;
    answer.frame = frame;
    answer.utc = "2026-11-29T21:24:00Z";
    answer.analysed = analysed;
    if (analysed) answer.model = "base";
    for (const auto& name : classes) answer.objects.push_back({{0, 0, 4, 4}, name, 0.9});
    std::string why;
    return live_record(to_line(encode(answer)), why).value();
}

std::string event_line(Event::Kind kind, const std::string& stream) {
    return to_line(encode(Event{kind, "2026-11-29T21:24:00Z", stream, -1, "", ""}));
}

struct Bridged {
    Scratch scratch;
    FakeClock clock;
    std::vector<MqttMessage> sent;
    bool broker_takes = true;
    CameraBoard board{Store(scratch.path()), clock};
    MqttBridge bridge;

    explicit Bridged(double max_rate = 2, bool discovery = true)
        : bridge({{}, discovery, max_rate, "1.2.3"}, board, clock, [this](const MqttMessage& m) {
              if (broker_takes) sent.push_back(m);
              return broker_takes;
          }) {}
    std::vector<std::string> topics() const {
        std::vector<std::string> all;
        for (const auto& message : sent) all.push_back(message.topic);
        return all;
    }
    std::vector<MqttMessage> of(const std::string& topic) const {
        std::vector<MqttMessage> found;
        for (const auto& message : sent)
            if (message.topic == topic) found.push_back(message);
        return found;
    }
};

}  // namespace

TEST_CASE("RateLimit: at even distances, nothing saved up; what comes at the rate all passes") {
    RateLimit two(2);
    CHECK(two.pass(0));
    CHECK(!two.pass(0.4));
    CHECK(two.pass(0.51));
    CHECK(two.pass(1.0));  // the one before was late
    RateLimit five(5);
    for (int i = 0; i < 100; ++i) CHECK(five.pass(0.2 * i + (i % 2 == 0 ? 0.005 : -0.005)));
    int passed = 0;
    for (int i = 0; i < 1000; ++i) passed += five.pass(100 + 0.01 * i) ? 1 : 0;  // 10 s
    CHECK(passed == 51);
    CHECK(two.pass(10));
    CHECK(!two.pass(10.1));
    RateLimit all(0);
    CHECK(all.pass(1));
    CHECK(all.pass(1));
}

TEST_CASE("topic_word, jinja_string: nothing of a name can act") {
    CHECK(topic_word("gate-1") == "gate-1");
    CHECK(topic_word("a/b") == "a_2fb");
    CHECK(topic_word("a_2fb") == "a_5f2fb");
    CHECK(topic_word("ü#+") == "_c3_bc_23_2b");
    CHECK(jinja_string("car") == "'car'");
    CHECK(jinja_string("it's }} {% x %} \\") ==
          "'it\\u0027s \\u007d\\u007d \\u007b\\u0025 x \\u0025\\u007d \\u005c'");
    CHECK(jinja_string("ü€😀") == "'\\u00fc\\u20ac\\U0001f600'");
}

TEST_CASE("check_topic_prefix: wildcards, empty ends and $ are refused") {
    for (const auto* good : {"ekya", "site/ekya", "ekya_1"})
        CHECK_NOTHROW(check_topic_prefix("--prefix", good));
    for (const auto* bad : {"", "a+", "#", "/a", "a/", "$SYS", "a\nb"})
        CHECK_THROWS_AS(check_topic_prefix("--prefix", bad), ConfigError);
}

TEST_CASE("MqttBridge: answers at a limited rate, the state retained and only when it changes") {
    Bridged b(2, false);
    for (int i = 0; i < 10; ++i) {  // less than a second
        b.bridge.take(answer_of("gate", i, {"car", "car", "person"}));
        b.bridge.step();
        b.clock.time += 0.08;
    }
    CHECK(b.of("ekya/gate/answers").size() == 2);
    CHECK(b.bridge.held_back() == 8);
    CHECK(!b.of("ekya/gate/answers")[0].retained);
    CHECK(b.of("ekya/gate/answers")[0].payload ==
          answer_of("gate", 0, {"car", "car", "person"}).line);
    REQUIRE(b.of("ekya/gate/state").size() == 1);
    CHECK(b.of("ekya/gate/state")[0].retained);
    b.clock.time += 0.2;
    b.bridge.step();
    const auto states = b.of("ekya/gate/state");
    REQUIRE(states.size() == 2);
    const auto state = decode<CameraState>(parse_json(states[1].payload, "state"), "state");
    CHECK(state.online);
    CHECK(state.counts == std::map<std::string, int>{{"car", 2}, {"person", 1}});
    CHECK(state.frame == 9);
    CHECK(state.model == "base");
    // Nothing comes: it is told once that the camera is offline.
    b.sent.clear();
    for (int i = 0; i < 60; ++i) {
        b.clock.time += 1;
        b.bridge.step();
    }
    const auto later = b.of("ekya/gate/state");
    REQUIRE(!later.empty());
    CHECK(!decode<CameraState>(parse_json(later.back().payload, "s"), "s").online);
    CHECK(later.size() < 15);  // while the mean rate falls
}

TEST_CASE("MqttBridge: answers per second are the mean of the last seconds") {
    Bridged b(0, false);
    CameraState state;
    for (int i = 0; i < 300; ++i) {
        b.bridge.take(answer_of("gate", i, {}));
        b.clock.time += 0.1;
    }
    CHECK(b.board.state("gate").answers_per_second == doctest::Approx(10).epsilon(0.02));
}

TEST_CASE("MqttBridge: events go to their camera, those of the service beside") {
    Bridged b;
    std::string why;
    b.bridge.take(*live_record(event_line(Event::Kind::drift, "gate"), why));
    b.bridge.take(*live_record(event_line(Event::Kind::disk_low, ""), why));
    CHECK(b.topics() == std::vector<std::string>{"ekya/gate/events", "ekya/events"});
}

TEST_CASE(
    "MqttBridge: Home Assistant is told of a camera once, again after a reconnect, and of classes "
    "that come and go") {
    Bridged b;
    b.bridge.take(answer_of("gate.1", 0, {"car"}));
    b.bridge.step();
    const std::string count = "homeassistant/sensor/ekya-gate_2e1/count-car/config";
    REQUIRE(b.of(count).size() == 1);
    CHECK(b.of(count)[0].retained);
    const auto config = parse_json(b.of(count)[0].payload, "config");
    CHECK(config.at("state_topic") == "ekya/gate.1/state");
    CHECK(config.at("unique_id") == "ekya-gate_2e1-count-car");
    CHECK(config.at("value_template") == "{{ value_json.counts['car'] | default(0) }}");
    CHECK(config.at("device").at("identifiers") == Json::array({"ekya-gate_2e1"}));
    CHECK(config.at("availability").at(0).at("topic") == "ekya/status");
    CHECK(b.of("homeassistant/binary_sensor/ekya-gate_2e1/online/config").size() == 1);
    const auto before = b.sent.size();
    b.clock.time += 1;
    b.bridge.take(answer_of("gate.1", 1, {"car"}));
    b.bridge.step();
    CHECK(b.sent.size() == before + 2);  // the answer and the state
    b.clock.time += 1;
    b.bridge.connected();
    b.bridge.step();
    CHECK(b.of(count).size() == 2);
    b.clock.time += 1;
    b.bridge.take(answer_of("gate.1", 2, {"bus"}));
    b.bridge.step();
    REQUIRE(b.of(count).size() == 3);
    CHECK(b.of(count)[2].payload.empty());  // Home Assistant removes the sensor
    CHECK(b.of("homeassistant/sensor/ekya-gate_2e1/count-bus/config").size() == 1);
}

TEST_CASE("MqttBridge: what a broker that is away does not take is counted, and told later") {
    Bridged b;
    b.broker_takes = false;
    b.bridge.take(answer_of("gate", 0, {"car"}));
    b.bridge.step();
    CHECK(b.bridge.dropped() > 3);
    b.broker_takes = true;
    b.clock.time += 1;
    b.bridge.connected();
    b.bridge.step();
    CHECK(b.of("ekya/gate/state").size() == 1);
    CHECK(b.of("homeassistant/sensor/ekya-gate/count-car/config").size() == 1);
}

TEST_CASE("MqttBridge: an answer that makes no sense ends nothing") {
    Bridged b;
    std::string why;
    b.bridge.take(*live_record(
        R"({"schema":"ekya.inference/1","stream":"gate","analysed":true,"objects":7})", why));
    CHECK_NOTHROW(b.bridge.step());
    b.clock.time += 1;
    b.bridge.take(answer_of("gate", 1, {"car"}));
    b.bridge.step();
    CHECK(b.of("ekya/gate/state").size() == 1);
}

TEST_CASE("CameraBoard: agreement and accuracy of the newest windows that have them") {
    Bridged b;
    const Store store(b.scratch.path());
    LabelSet labels;
    labels.stream = "gate";
    labels.window = 2;
    labels.teacher = "golden.onnx";
    labels.agreement = Agreement{"base", 41, 0.84, 0.72, 0.92};
    store.write_labels(labels);
    WindowAccuracy accuracy;
    accuracy.stream = "gate";
    accuracy.window = 1;
    accuracy.accuracy = 0.7;
    store.write_accuracy(accuracy);
    b.bridge.take(answer_of("gate", 300, {}));  // of window 3
    const auto state = b.board.state("gate");
    CHECK(state.agreement == 0.84);
    CHECK(state.agreement_labels == 41);
    CHECK(state.accuracy == 0.7);
}
