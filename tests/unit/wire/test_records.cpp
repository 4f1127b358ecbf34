#include <doctest/doctest.h>

#include <limits>
#include <sstream>

#include "ekya/core/errors.hpp"
#include "ekya/wire/planning_records.hpp"
#include "samples.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

/// Through the text and back.
template <typename Record> Record again(const Record& record) {
    return decode<Record>(parse_json(to_line(encode(record)), "here"), "here");
}

template <typename Record> void check_round_trip(const Record& record) {
    CHECK(encode(again(record)) == encode(record));
}

}  // namespace

TEST_CASE("records: every type survives encode, text and decode") {
    check_round_trip(sample_manifest());
    check_round_trip(sample_labels());
    check_round_trip(sample_input());
    check_round_trip(sample_profile());
    check_round_trip(sample_truth());
    check_round_trip(sample_plan());
    check_round_trip(sample_card());
    check_round_trip(sample_header());
    check_round_trip(sample_end());
    check_round_trip(sample_answer());
    check_round_trip(sample_accuracy());
    check_round_trip(sample_request());
    check_round_trip(sample_reply());
}

TEST_CASE("ekya.window/1: field by field") {
    const auto m = again(sample_manifest()), expected = sample_manifest();
    CHECK(m.stream == expected.stream);
    CHECK(m.window == 7);
    CHECK(m.start == expected.start);
    CHECK(m.end == expected.end);
    CHECK_FALSE(m.complete);
    CHECK(m.width == 1280);
    CHECK(m.height == 720);
    CHECK(m.crop_size == 48);
    CHECK(m.crops == 2);
    CHECK(m.objects_from == "motion");
    CHECK(m.damaged_packets == 3);
    CHECK(m.gaps == expected.gaps);
    CHECK(m.first_frame == 5'000'000'000);
    CHECK(m.end_frame == 5'000'000'250);
    REQUIRE(m.frames.size() == 3);
    CHECK(m.frames[0].image == "frame-5000000000.jpg");
    CHECK(m.frames[0].time == 70.1);
    REQUIRE(m.frames[0].objects.size() == 2);
    CHECK(m.frames[0].objects[0].box == expected.frames[0].objects[0].box);
    CHECK(m.frames[0].objects[1].crop == 1);
    CHECK(m.frames[1].image.empty());
    CHECK(m.frames[1].objects[0].crop == -1);
    CHECK(m.frames[2].objects.empty());
}

TEST_CASE("ekya.labels/1: field by field") {
    const auto set = again(sample_labels());
    CHECK(set.stream == "a");
    CHECK(set.window == 7);
    CHECK(set.teacher == "golden.onnx");
    CHECK(set.fraction == 0.3);
    CHECK_FALSE(set.complete);
    CHECK(set.seconds == 1.25);
    REQUIRE(set.labels.size() == 2);
    CHECK(set.labels[1].crop == 4);
    CHECK(set.labels[1].class_name == "pedestrian");
    CHECK(set.labels[1].score == 0.1);
}

TEST_CASE("ekya.planning-input/1: field by field") {
    const auto input = again(sample_input());
    CHECK(input.stream == "a");
    CHECK(input.window == 8);
    CHECK(input.accuracy == 0.61);
    REQUIRE(input.retraining.size() == 2);
    CHECK(input.retraining[0].config == sample_config());
    CHECK(input.retraining[0].accuracy == 0.8);
    CHECK(input.retraining[0].id() == "4_15");
    CHECK(input.retraining[1].device_seconds == 1e-9);
    REQUIRE(input.inference.size() == 2);
    CHECK(input.inference[0].config == InferenceConfig{1, 32});
    CHECK(input.inference[1].relative_accuracy == 0.6);
    CHECK(input.inference[1].share == 0.02);
    CHECK(input.scene == sample_input().scene);
    REQUIRE(input.cached.size() == 2);
    CHECK(input.cached[0].id == "w00001-e15");
    CHECK(input.cached[0].accuracy == 0.7);
    CHECK(input.cached[0].scene == sample_cached()[0].scene);
    CHECK(input.cached[1].scene == Scene{});
    CHECK(input.start == RetrainingStart{"w00001-e15", "b", 2});
}

TEST_CASE("ekya.profile/1: field by field") {
    const auto p = again(sample_profile());
    CHECK(p.profiling_seconds == 0.4);
    REQUIRE(p.retraining.size() == 2);
    CHECK(p.retraining[0].config == sample_config());
    CHECK(p.retraining[0].accuracy_error == 0.03);
    CHECK(p.retraining[0].accuracy_now == 0.83);
    CHECK_FALSE(p.retraining[0].tried);
    CHECK_FALSE(p.retraining[1].accuracy_error);
    CHECK(p.retraining[1].tried);
    CHECK(p.drift == sample_profile().drift);
    CHECK(p.start == RetrainingStart{"w00001-e15", "b", 2});
    CHECK(p.model == "w00007-e15");
    CHECK(p.device == "cpu of 4 cores");
    CHECK(p.labels == 210);
    CHECK(p.samples == 800);
    CHECK(p.parent_accuracy == 0.55);
    CHECK(p.expected_change == -0.04);
    CHECK(p.correction == -0.02);
}

TEST_CASE("ekya.truth/1: field by field") {
    const auto t = again(sample_truth());
    CHECK(t.model == "w00007-e15");
    CHECK(t.accuracy == 0.61);
    CHECK(t.accuracy_now == 0.65);
    CHECK(t.labels == 812);
    REQUIRE(t.retraining.size() == 2);
    CHECK(t.retraining[0].accuracies == std::vector<double>{0.78, 0.82});
    CHECK(t.retraining[0].accuracy_error == 0.014);
    CHECK(t.retraining[0].accuracy_now == 0.83);
    CHECK(t.retraining[1].accuracies.empty());
    CHECK(t.cached.size() == 2);
    CHECK(t.start == RetrainingStart{"w00001-e15", "b", 2});
    CHECK(t.device == "cpu of 4 cores");
    CHECK(t.profiling_seconds == 40);
}

TEST_CASE("read_planning_records: inputs, profiles and truths in one stream, in order") {
    std::istringstream in(to_line(encode(sample_profile())) + "\n" +
                          to_line(encode(sample_input())) + "\n" + to_line(encode(sample_truth())) +
                          "\n");
    const auto records = read_planning_records(in, "here");
    REQUIRE(records.inputs.size() == 3);
    CHECK(records.profiles.size() == 1);
    CHECK(records.truths.size() == 1);
    CHECK(records.inputs[0].retraining[0].name.empty());
    CHECK(records.inputs[1].retraining[0].name == "4_15");
    CHECK(records.inputs[2].cached.size() == 2);
    std::istringstream other(to_line(encode(sample_plan())) + "\n");
    CHECK(message_of<InputError>([&] { (void)read_planning_records(other, "here"); }) ==
          "here:1: /schema: \"ekya.plan/1\" found, \"ekya.planning-input/1\" is expected");
}

TEST_CASE("ekya.plan/1: field by field, with and without retraining") {
    const auto p = again(sample_plan());
    CHECK(p.policy == "thief");
    CHECK(p.window == 8);
    CHECK(p.gpus == 2.5);
    CHECK(p.horizon == 199.5);
    CHECK(p.min_accuracy == 0.4);
    CHECK(p.mean_accuracy == 0.75);
    CHECK(p.decision_seconds == 0.0004);
    CHECK(p.violations == std::vector<std::string>{"stream b: below 0.4"});
    REQUIRE(p.streams.size() == 2);
    REQUIRE(p.streams[0].retraining);
    CHECK(p.streams[0].retraining->config == sample_config());
    CHECK(p.streams[0].retraining->share == 0.4);
    CHECK(p.streams[0].retraining->expected_seconds == 7.5);
    CHECK(p.streams[0].retraining->expected_accuracy == 0.8);
    CHECK(p.streams[0].steps == sample_plan().streams[0].steps);
    CHECK(p.streams[0].expected_accuracy == 0.78);
    CHECK_FALSE(p.streams[0].retraining->elsewhere);
    CHECK(p.streams[0].cached.empty());
    CHECK_FALSE(p.streams[1].retraining);
    CHECK(p.streams[1].cached == "w00003-e5");
}

TEST_CASE("ekya.plan/1: a configuration's own name, a later start and all steps survive") {
    auto plan = sample_plan();
    plan.streams[0].retraining->name = "4_15";
    plan.streams[0].retraining->start_seconds = 2.5;
    plan.streams[0].steps = {{0, 0.5, 0, {1, 0}}, {2.5, 0.1, 0.4, {2, 16}}, {7.5, 0.5, 0, {1, 32}}};
    const auto p = again(plan);
    REQUIRE(p.streams[0].retraining);
    CHECK(p.streams[0].retraining->id() == "4_15");
    CHECK(p.streams[0].retraining->start_seconds == 2.5);
    REQUIRE(p.streams[0].steps.size() == 3);
    CHECK(p.streams[0].steps[1].start == 2.5);
    CHECK(p.streams[0].steps[1].inference_share == 0.1);
    CHECK(p.streams[0].steps[1].retraining_share == 0.4);
    CHECK(p.streams[0].steps[1].inference == InferenceConfig{2, 16});
    plan.streams[1].steps = {{0, 0.3, 0, {}},
                             {2.5, 0.6, 0, {}}};  // inference alone, which gets more later
    CHECK(again(plan).streams[1].steps == plan.streams[1].steps);
    plan.streams[1].steps.clear();
    CHECK(contains(message_of<InputError>([&] { (void)again(plan); }), "/streams/1/steps"));
}

TEST_CASE("ekya.plan/1: a retraining elsewhere needs no share and keeps its times") {
    auto plan = sample_plan();
    plan.streams[0].retraining->elsewhere = true;
    plan.streams[0].retraining->share = 0;
    plan.streams[0].retraining->start_seconds = 2.5;
    plan.streams[0].steps = {{0, 0.1, 0, {2, 16}}};
    const auto p = again(plan);
    REQUIRE(p.streams[0].retraining);
    CHECK(p.streams[0].retraining->elsewhere);
    CHECK(p.streams[0].retraining->share == 0);
    CHECK(p.streams[0].retraining->start_seconds == 2.5);
    CHECK(p.streams[0].retraining->expected_seconds == 7.5);
    CHECK(p.streams[0].steps == plan.streams[0].steps);
    plan.streams[0].retraining->share = -0.1;
    CHECK(contains(message_of<InputError>([&] { (void)again(plan); }),
                   "/streams/0/retraining/share"));
}

TEST_CASE(
    "ekya.planning-input/1: what is not known of a scene is not written; what is out of range is "
    "refused") {
    auto input = sample_input();
    input.scene = {};
    input.cached.clear();
    CHECK_FALSE(encode(input).contains("scene"));
    CHECK_FALSE(encode(input).contains("cached"));
    input.scene.hour = 0;
    CHECK(encode(input)["scene"] == Json{{"hour", 0.0}});
    CHECK(again(input).scene == input.scene);
    input.scene.hour = 24;
    CHECK(contains(message_of<InputError>([&] { (void)again(input); }), "/scene/hour"));
    input.scene = {{{"car", 1.5}}, {}, {}, ""};
    CHECK(contains(message_of<InputError>([&] { (void)again(input); }), "/scene/class_shares"));
}

TEST_CASE(
    "ekya.plan/1: devices of the jobs and what placing cost survive; a plan without them is as "
    "before") {
    auto plan = sample_plan();
    CHECK_FALSE(encode(plan).contains("placement"));
    CHECK_FALSE(again(plan).placement);
    plan.streams[0].steps[0].inference_gpu = 1;
    plan.streams[0].steps[0].retraining_gpu = 0;
    plan.streams[0].steps[1].inference_gpu = 1;
    plan.placement = Placement{3, 400.5, 12.25, 0.0125};
    const auto p = again(plan);
    CHECK(p.streams[0].steps == plan.streams[0].steps);
    CHECK(p.streams[0].steps[1].retraining_gpu == -1);
    CHECK_FALSE(encode(plan).at("streams").at(0).at("steps").at(1).contains("retraining_gpu"));
    REQUIRE(p.placement);
    CHECK(p.placement->moves == 3);
    CHECK(p.placement->granted_device_seconds == 400.5);
    CHECK(p.placement->lost_device_seconds == 12.25);
    CHECK(p.placement->lost_accuracy == 0.0125);
    CHECK(p.placement->fragmentation() == 12.25 / 400.5);
    CHECK(Placement{}.fragmentation() == 0);
}

TEST_CASE("ekya.model/1: field by field; unmeasured accuracies stay unmeasured") {
    const auto c = again(sample_card());
    CHECK(c.id == "w00008-e30");
    CHECK(c.window == -1);
    CHECK(c.architecture == sample_card().architecture);
    CHECK(c.classes == sample_card().classes);
    CHECK(c.config == sample_config());
    CHECK(c.parent == "base");
    CHECK(c.data_windows == std::vector<int>{5, 6});
    CHECK(c.labels == 60);
    CHECK(c.exemplars == 300);
    CHECK(c.held_out == 15);
    CHECK(c.accuracy == 0.86);
    CHECK_FALSE(c.parent_accuracy);
    CHECK(c.final_loss == 0.31);
    CHECK(c.device_seconds == 2.4);
    CHECK(c.seconds == 4.9);
    CHECK(c.seed == 9'000'000'000'000'000'000ULL);
    CHECK(c.parameters == 701'466);
    CHECK(c.macs == 3'000'000'000);
    CHECK(c.sha256 == std::string(64, 'a'));
}

TEST_CASE("ekya.model/1: a card of old, without macs, is read") {
    auto card = sample_card();
    card.macs.reset();
    CHECK_FALSE(encode(card).contains("macs"));
    CHECK_FALSE(again(card).macs);
}

TEST_CASE("ekya.model/1: every seed that --seed takes can be stored and read") {
    auto card = sample_card();
    card.seed = std::numeric_limits<std::int64_t>::max();
    CHECK(message_of<Error>([&] { CHECK(again(card).seed == card.seed); }) == "");
}

TEST_CASE("ekya.model/1: as many classes as the network has outputs; place and field are named") {
    auto card = sample_card();
    card.architecture.classes = 5;
    const auto message = message_of<InputError>([&] { (void)again(card); });
    CHECK(contains(message, "/architecture/classes: 5, but 3 classes are named"));
    CHECK(contains(message, "here: "));
}

TEST_CASE(
    "ekya.control/1: kinds and optional fields; a swap names its model, the message its place") {
    using Kind = ControlRequest::Kind;
    for (const auto kind : {Kind::set, Kind::status, Kind::stop}) {
        const auto request = again(ControlRequest{kind, "", {}, {}, {}});
        CHECK(request.kind == kind);
        CHECK(request.model.empty());
        CHECK_FALSE(request.share);
        CHECK_FALSE(request.frame_stride);
        CHECK_FALSE(request.input_size);
    }
    const auto swap = again(sample_request());
    CHECK(swap.kind == Kind::swap);
    CHECK(swap.model == "w00004-e15");
    CHECK(swap.share == 0.5);
    CHECK(swap.frame_stride == 2);
    CHECK(swap.input_size == 24);
    const auto message = message_of<InputError>([&] {
        (void)again(ControlRequest{Kind::swap, "", {}, {}, {}});
    });
    CHECK(contains(message, "/model: missing, request \"swap\" needs it"));
    CHECK(contains(message, "here: "));
}

TEST_CASE("ekya.frame/1, window-end/1, inference/1, control-reply/1: field by field") {
    const auto h = again(sample_header());
    CHECK(h.frame == 5'000'000'000);
    CHECK(h.time == 30.5);
    CHECK(h.width == 640);
    CHECK(h.height == 360);
    CHECK(h.boxes == sample_header().boxes);
    const auto e = again(sample_end());
    CHECK(e.first_frame == 300);
    CHECK(e.end_frame == 5'000'000'000);
    CHECK(e.seconds == 9.75);
    CHECK_FALSE(e.complete);
    CHECK(e.last);
    const auto a = again(sample_answer());
    CHECK(a.analysed);
    CHECK(a.model == "base");
    CHECK(a.latency == 0.004);
    REQUIRE(a.objects.size() == 2);
    CHECK(a.objects[1].class_name == "sign");
    CHECK(a.objects[1].score == 1.0 / 3);
    CHECK(a.objects[1].box == Box{1, 2, 3, 4});
    const auto r = again(sample_reply());
    CHECK_FALSE(r.ok);
    CHECK(r.error == "no such model");
    CHECK(r.stream == "a");
    CHECK(r.model == "base");
    CHECK(r.frame == 340);
    CHECK(r.share == 0.25);
    CHECK(r.frame_stride == 3);
}

TEST_CASE("ekya.accuracy/1: field by field; no accuracy without objects") {
    auto accuracy = sample_accuracy();
    const auto a = again(accuracy);
    CHECK_FALSE(a.complete);
    CHECK(a.seconds == 9.5);
    CHECK(a.frames == 100);
    CHECK(a.seen == 99);
    CHECK(a.analysed == 50);
    CHECK(a.lost == 1);
    CHECK(a.objects == 812);
    CHECK(a.correct == 700);
    CHECK(a.accuracy == 700.0 / 812);
    CHECK(a.device_seconds == 0.7);
    CHECK(a.latency_p50 == 0.004);
    CHECK(a.latency_p99 == 0.02);
    REQUIRE(a.models.size() == 2);
    CHECK(a.models[1].model == "w00003-e5");
    CHECK(a.models[1].from_frame == 350);
    CHECK(a.models[1].from_time == 35.25);
    accuracy.accuracy.reset();
    CHECK_FALSE(again(accuracy).accuracy);
}

TEST_CASE("decode: a whole number beyond the range of its field is refused, not cut") {
    Json json = encode(sample_end());
    json["window"] = 4294967299;  // 2^32 + 3
    CHECK_THROWS_AS((void)decode<WindowEnd>(json, "here"), Error);
}

TEST_CASE("read_records: all of them, with name and line of a bad one") {
    const std::string good = to_line(encode(sample_answer()));
    std::istringstream two(good + "\n\n" + good + "\n");
    CHECK(read_records<FrameAnswer>(two, "answers.jsonl").size() == 2);
    std::istringstream none;
    CHECK(read_records<FrameAnswer>(none, "answers.jsonl").empty());
    std::istringstream bad(good + "\n" + R"({"schema": "ekya.inference/1"})" + "\n");
    CHECK(contains(
        message_of<InputError>([&] { (void)read_records<FrameAnswer>(bad, "answers.jsonl"); }),
        "answers.jsonl:2: /"));
    std::istringstream other(good + "\n" + to_line(encode(sample_end())));
    CHECK(contains(
        message_of<InputError>([&] { (void)read_records<FrameAnswer>(other, "answers.jsonl"); }),
        "answers.jsonl:2: /schema: \"ekya.window-end/1\" found, \"ekya.inference/1\" is expected"));
}

TEST_CASE("decode: a reply of before there were counts is still read") {
    auto json = encode(sample_reply());
    for (const auto* name : {"backlog", "analysed", "skipped", "latency"}) json.erase(name);
    const auto reply = decode<ControlReply>(json, "here");
    CHECK(reply.share == 0.25);
    CHECK(reply.backlog == 0);
    CHECK_FALSE(reply.latency);
}

TEST_CASE("read_record: a file; missing, broken and wrong ones are named") {
    const Scratch scratch;
    write(scratch / "plan.json", encode(sample_plan()).dump(2));
    CHECK(encode(read_record<Plan>(scratch / "plan.json")) == encode(sample_plan()));
    CHECK(contains(message_of<InputError>([&] { (void)read_record<Plan>(scratch / "none.json"); }),
                   "none.json"));
    write(scratch / "cut.json", to_line(encode(sample_plan())).substr(0, 40));
    CHECK(contains(message_of<InputError>([&] { (void)read_record<Plan>(scratch / "cut.json"); }),
                   "cut.json: not valid JSON"));
    CHECK(contains(
        message_of<InputError>([&] { (void)read_record<LabelSet>(scratch / "plan.json"); }),
        "plan.json: /schema"));
}

TEST_CASE(
    "utc: kept in manifests, answers and results, RFC 3339 and nothing else; old ones have none") {
    auto manifest = sample_manifest();
    CHECK_FALSE(encode(manifest).contains("utc"));
    CHECK(again(manifest).utc.empty());
    manifest.utc = "2026-11-29T21:24:00Z";
    CHECK(again(manifest).utc == manifest.utc);
    auto answer = sample_answer();
    answer.utc = manifest.utc;
    CHECK(again(answer).utc == manifest.utc);
    auto accuracy = sample_accuracy();
    accuracy.utc = manifest.utc;
    CHECK(again(accuracy).utc == manifest.utc);
    for (const char* wrong :
         {"", "2026-11-29 21:24:00", "2026-11-29T21:24:00+01:00", "yesterday"}) {
        auto json = encode(manifest);
        json["utc"] = wrong;
        CHECK_THROWS_AS((void)decode<WindowManifest>(json, "test"), InputError);
    }
}
