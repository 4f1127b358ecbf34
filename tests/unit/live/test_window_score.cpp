#include <doctest/doctest.h>

#include <map>

#include "ekya/live/window_score.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

const Box box{0, 0, 10, 10};

/// Annotated objects by frame.
struct Truth {
    std::map<std::int64_t, std::vector<Annotation>> frames;

    void add(std::int64_t frame, const std::string& name, const Box& where = box) {
        frames[frame].push_back({frame, name, where});
    }
    [[nodiscard]] AnnotationsOf of() const {
        return [this](std::int64_t frame) {
            const auto found = frames.find(frame);
            return found == frames.end() ? std::span<const Annotation>()
                                         : std::span<const Annotation>(found->second);
        };
    }
};

AnnotationsOf no_truth() {
    return [](std::int64_t) { return std::span<const Annotation>(); };
}

FrameAnswer analysed(std::int64_t frame, std::vector<ClassifiedObject> objects,
                     const std::string& model = "base", Seconds latency = 0) {
    return {"a",    0, frame, 0.1 * static_cast<double>(frame), true, model, std::move(objects),
            latency};
}

FrameAnswer skipped(std::int64_t frame) {
    return {"a", 0, frame, 0.1 * static_cast<double>(frame), false, "", {}, 9};
}

}  // namespace

TEST_CASE("answer_for: the box that overlaps most, from IoU 0.3 on") {
    const auto answer = analysed(
        0, {{{0, 0, 5, 10}, "half", 1}, {{0, 0, 8, 10}, "most", 1}, {{50, 50, 60, 60}, "far", 1}});
    REQUIRE(answer_for(answer, box));
    CHECK(answer_for(answer, box)->class_name == "most");
    CHECK(answer_for(answer, {50, 50, 60, 60})->class_name == "far");
    CHECK(answer_for(answer, {80, 80, 90, 90}) == nullptr);
    CHECK(answer_for(analysed(0, {}), box) == nullptr);
    CHECK(answer_for(analysed(0, {{{0, 0, 3, 10}, "just", 1}}), box) !=
          nullptr);  // IoU is exactly 0.3
    CHECK(answer_for(analysed(0, {{{0, 0, 2.99, 10}, "less", 1}}), box) == nullptr);
}

TEST_CASE("answer_for: of equal overlaps the first") {
    const auto answer = analysed(0, {{box, "first", 1}, {box, "second", 1}});
    CHECK(answer_for(answer, box)->class_name == "first");
}

TEST_CASE("score_window: right, wrong and unanswered objects of an analysed frame") {
    Truth truth;
    truth.add(0, "car");
    truth.add(0, "car", {20, 0, 30, 10});
    truth.add(0, "sign", {40, 0, 50, 10});
    const auto result = score_window(
        {0, 1, {analysed(0, {{box, "car", 1}, {{20, 0, 30, 10}, "sign", 1}})}, {}}, truth.of());
    CHECK(result.frames == 1);
    CHECK(result.seen == 1);
    CHECK(result.analysed == 1);
    CHECK(result.lost == 0);
    CHECK(result.objects == 3);
    CHECK(result.correct == 1);
    CHECK(result.accuracy == Approx(1.0 / 3));
}

TEST_CASE(
    "score_window: a skipped frame carries the last analysed one over while boxes overlap by 0.3") {
    Truth truth;
    for (int frame = 0; frame < 5; ++frame)
        truth.add(frame, "car", {2.0 * frame, 0, 2.0 * frame + 10, 10});
    // IoU with frame 0: 1, 8/12, 6/14, 4/16, 2/18
    const auto result = score_window(
        {0,
         5,
         {analysed(0, {{box, "car", 1}}), skipped(1), skipped(2), skipped(3), skipped(4)},
         {}},
        truth.of());
    CHECK(result.objects == 5);
    CHECK(result.correct == 3);
    CHECK(result.seen == 5);
    CHECK(result.analysed == 1);
    CHECK(result.accuracy == Approx(0.6));
}

TEST_CASE(
    "score_window: what carries over may be wrong for what changed, until the next analysed "
    "frame") {
    Truth truth;
    truth.add(0, "car");
    truth.add(1, "pedestrian");
    truth.add(2, "pedestrian");
    const auto result = score_window(
        {0,
         3,
         {analysed(0, {{box, "car", 1}}), skipped(1), analysed(2, {{box, "pedestrian", 1}})},
         {}},
        truth.of());
    CHECK(result.correct == 2);
}

TEST_CASE("score_window: lost frames count like skipped ones") {
    Truth truth;
    for (int frame = 10; frame < 15; ++frame) truth.add(frame, "car");
    const auto result =
        score_window({10, 15, {analysed(11, {{box, "car", 1}}), skipped(13)}, {}}, truth.of());
    CHECK(result.frames == 5);
    CHECK(result.seen == 2);
    CHECK(result.lost == 3);
    CHECK(result.objects == 5);
    CHECK(result.correct == 4);  // nothing was known at frame 10
}

TEST_CASE("score_window: the window before carries over into the first frames") {
    Truth truth;
    truth.add(10, "car");
    truth.add(11, "car", {100, 100, 110, 110});
    const auto result = score_window(
        {10, 12, {skipped(10), skipped(11)}, analysed(9, {{box, "car", 1}}, "old")}, truth.of());
    CHECK(result.correct == 1);
    CHECK(result.analysed == 0);
    CHECK(result.models.empty());
    const auto alone = score_window({10, 12, {skipped(10), skipped(11)}, {}}, truth.of());
    CHECK(alone.correct == 0);
    CHECK(alone.accuracy == 0);
}

TEST_CASE("score_window: two objects with one identical box are told apart by their order") {
    Truth truth;
    truth.add(0, "car");
    truth.add(0, "pedestrian");
    CHECK(score_window({0, 1, {analysed(0, {{box, "car", 1}, {box, "pedestrian", 1}})}, {}},
                       truth.of())
              .correct == 2);
    CHECK(score_window({0, 1, {analysed(0, {{box, "pedestrian", 1}, {box, "car", 1}})}, {}},
                       truth.of())
              .correct == 0);
}

TEST_CASE(
    "score_window: boxes that do not keep the order of the annotations are found by overlap") {
    Truth truth;
    truth.add(0, "car");
    truth.add(0, "sign", {40, 0, 50, 10});
    CHECK(score_window(
              {0, 1, {analysed(0, {{{41, 0, 51, 10}, "sign", 1}, {{1, 0, 11, 10}, "car", 1}})}, {}},
              truth.of())
              .correct == 2);
}

TEST_CASE(
    "score_window: objects of other frames do not count; no annotations at all -> no accuracy") {
    Truth truth;
    truth.add(5, "car");
    const auto result = score_window({0, 5, {analysed(0, {{box, "car", 1}})}, {}}, truth.of());
    CHECK(result.objects == 0);
    CHECK_FALSE(result.accuracy);
    CHECK(result.frames == 5);
    const auto empty = score_window({}, truth.of());
    CHECK(empty.frames == 0);
    CHECK_FALSE(empty.accuracy);
    CHECK(empty.latency_p50 == 0);
}

TEST_CASE(
    "score_window: models in the order in which they answered, one that comes back again too") {
    const auto result = score_window({0,
                                      5,
                                      {analysed(0, {}, "a"), skipped(1), analysed(2, {}, "a"),
                                       analysed(3, {}, "b"), analysed(4, {}, "a")},
                                      {}},
                                     no_truth());
    REQUIRE(result.models.size() == 3);
    CHECK(result.models[0].model == "a");
    CHECK(result.models[0].from_frame == 0);
    CHECK(result.models[1].model == "b");
    CHECK(result.models[1].from_frame == 3);
    CHECK(result.models[1].from_time == Approx(0.3));
    CHECK(result.models[2].from_frame == 4);
}

TEST_CASE("score_window: latencies of the analysed frames only") {
    WindowAnswers window{0, 202, {}, {}};
    for (int i = 100; i >= 0; --i) {
        window.answers.push_back(analysed(2 * (100 - i), {}, "base", i));
        window.answers.push_back(skipped(2 * (100 - i) + 1));
    }
    const auto result = score_window(window, no_truth());
    CHECK(result.latency_p50 == 50);
    CHECK(result.latency_p99 == 99);
}
