#include <doctest/doctest.h>

#include <map>

#include "ekya/live/window_score.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

/// A box of 10 x 10 pixels at a place in a row.
Box at(double x) { return {x, 0, x + 10, 10}; }

/// Annotated objects by frame.
struct Truth {
    std::map<std::int64_t, std::vector<Annotation>> frames;

    void add(std::int64_t frame, const std::string& name, const Box& where) {
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

using Objects = std::vector<ClassifiedObject>;

FrameAnswer analysed(std::int64_t frame, Objects objects) {
    return {"a", 0, frame, 0.1 * static_cast<double>(frame), true, "base", std::move(objects), 0.5};
}

FrameAnswer skipped(std::int64_t frame, Objects objects = {}) {
    return {"a", 0, frame, 0.1 * static_cast<double>(frame), false, "", std::move(objects), 9};
}

const ClassDetection& of_class(const WindowAccuracy& result, const std::string& name) {
    REQUIRE(result.detection);
    for (const auto& one : result.detection->classes)
        if (one.class_name == name) return one;
    FAIL("no class " << name);
    return result.detection->classes.front();
}

}  // namespace

TEST_CASE("score_detection_window: F1 of the sums over frames and classes") {
    Truth truth;
    truth.add(0, "car", at(0));
    truth.add(0, "car", at(20));
    truth.add(0, "bus", at(40));
    truth.add(1, "car", at(0));
    const auto result = score_detection_window(
        {0,
         2,
         {analysed(0, {{at(1), "car", 0.9}, {at(41), "car", 0.8}, {at(80), "bus", 0.7}}),
          analysed(1, {{at(0), "car", 0.9}, {at(1), "car", 0.4}})},
         {}},
        truth.of(), Carry::track);
    CHECK(result.objects == 4);
    CHECK(result.correct == 2);
    CHECK(result.accuracy == Approx(2 * 2.0 / (5 + 4)));
    CHECK(result.frames == 2);
    CHECK(result.seen == 2);
    CHECK(result.analysed == 2);
    CHECK(result.latency_p50 == 0.5);
    REQUIRE(result.models.size() == 1);
    REQUIRE(result.detection);
    CHECK(result.detection->answers == 5);
    CHECK(result.detection->matched == 2);
    REQUIRE(result.detection->classes.size() == 2);
    CHECK(result.detection->classes[0].class_name == "bus");  // by name

    const auto& car = of_class(result, "car");
    CHECK(car.objects == 3);
    CHECK(car.answers == 4);
    CHECK(car.matched == 2);
    CHECK(car.precision == Approx(0.5));
    CHECK(car.recall == Approx(2.0 / 3));
    // By falling score: right, right, wrong, wrong. Recall 2/3 is beyond the points to 0.66.
    CHECK(*car.average_precision == Approx(67.0 / 101));
    const auto& bus = of_class(result, "bus");
    CHECK(bus.objects == 1);
    CHECK(bus.answers == 1);
    CHECK(bus.precision == 0);
    CHECK(bus.recall == 0);
    CHECK(bus.average_precision == 0);
    CHECK(*result.detection->mean_average_precision == Approx(67.0 / 101 / 2));
}

TEST_CASE("score_detection_window: average precision wants an IoU of 0.5, F1 one of 0.3") {
    Truth truth;
    truth.add(0, "car", at(0));
    const auto result = score_detection_window({0, 1, {analysed(0, {{at(5), "car", 0.9}})}, {}},
                                               truth.of(), Carry::track);  // IoU 1/3
    CHECK(result.accuracy == 1);
    CHECK(of_class(result, "car").average_precision == 0);
}

TEST_CASE("score_detection_window: answers are ranked over all frames") {
    Truth truth;
    truth.add(0, "car", at(0));
    truth.add(1, "car", at(0));
    const auto result =
        score_detection_window({0,
                                2,
                                {analysed(0, {{at(50), "car", 0.8}, {at(0), "car", 0.2}}),
                                 analysed(1, {{at(0), "car", 0.9}})},
                                {}},
                               truth.of(), Carry::track);
    // Right, wrong, right: precision 1 up to recall 1/2, then 2/3.
    CHECK(*of_class(result, "car").average_precision == Approx((51 + 50 * 2.0 / 3) / 101));
}

TEST_CASE("score_detection_window: a skipped frame has its own boxes, or the last analysed ones") {
    Truth truth;
    for (int frame = 0; frame < 4; ++frame) truth.add(frame, "car", at(6.0 * frame));
    // IoU of frame 0's box: 1, 4/16, 0, 0.
    const WindowAnswers window{
        0,
        4,
        {analysed(0, {{at(0), "car", 0.9}}), skipped(1, {{at(6), "car", 0.9}}), skipped(2),
         skipped(3, {{at(19), "car", 0.9}, {at(50), "car", 0.9}})},
        {}};
    const auto followed = score_detection_window(window, truth.of(), Carry::track);
    CHECK(followed.objects == 4);
    CHECK(followed.detection->answers == 4);
    CHECK(followed.correct == 3);
    CHECK(followed.accuracy == Approx(6.0 / 8));
    CHECK(followed.seen == 4);
    CHECK(followed.analysed == 1);
    const auto carried = score_detection_window(window, truth.of(), Carry::last);
    CHECK(carried.objects == 4);
    CHECK(carried.detection->answers == 4);
    CHECK(carried.correct == 1);
}

TEST_CASE("score_detection_window: a lost frame has the boxes of the frame before it") {
    Truth truth;
    for (int frame = 10; frame < 15; ++frame) truth.add(frame, "car", at(100));
    const WindowAnswers window{
        10, 15, {analysed(11, {{at(100), "car", 0.9}}), skipped(13, {{at(50), "car", 0.9}})}, {}};
    const auto followed = score_detection_window(window, truth.of(), Carry::track);
    CHECK(followed.lost == 3);
    CHECK(followed.objects == 5);
    CHECK(followed.detection->answers == 4);  // nothing is known at frame 10
    CHECK(followed.correct == 2);             // 11 and 12; 14 has what was wrong at 13
    CHECK(score_detection_window(window, truth.of(), Carry::last).correct == 4);
}

TEST_CASE("score_detection_window: the window before carries over into the first frames") {
    Truth truth;
    truth.add(10, "car", at(0));
    truth.add(11, "car", at(0));
    const auto before = analysed(9, {{at(0), "car", 0.9}});
    const WindowAnswers window{10, 12, {skipped(11)}, before};
    CHECK(score_detection_window(window, truth.of(), Carry::last).correct == 2);
    const auto followed = score_detection_window(window, truth.of(), Carry::track);
    CHECK(followed.correct == 1);  // frame 10 was lost; at 11 the object is followed no more
    const auto alone = score_detection_window({10, 12, {}, {}}, truth.of(), Carry::last);
    CHECK(alone.accuracy == 0);
    CHECK(alone.lost == 2);
    CHECK(of_class(alone, "car").average_precision == 0);
}

TEST_CASE("score_detection_window: what is answered in frames without objects is wrong") {
    Truth truth;
    truth.add(0, "car", at(0));
    const auto result = score_detection_window(
        {0, 2, {analysed(0, {{at(0), "car", 0.5}}), analysed(1, {{at(0), "car", 0.9}})}, {}},
        truth.of(), Carry::track);
    CHECK(result.objects == 1);
    CHECK(result.accuracy == Approx(2.0 / 3));
    CHECK(of_class(result, "car").precision == 0.5);
    CHECK(*of_class(result, "car").average_precision == Approx(0.5));
}

TEST_CASE("score_detection_window: a class that is never annotated has no average precision") {
    Truth truth;
    truth.add(0, "car", at(0));
    const auto result = score_detection_window(
        {0, 1, {analysed(0, {{at(0), "car", 0.9}, {at(20), "tram", 0.8}})}, {}}, truth.of(),
        Carry::track);
    CHECK(result.accuracy == Approx(2.0 / 3));
    const auto& tram = of_class(result, "tram");
    CHECK(tram.objects == 0);
    CHECK(tram.answers == 1);
    CHECK(tram.recall == 0);
    CHECK_FALSE(tram.average_precision);
    CHECK(*result.detection->mean_average_precision == Approx(1));
}

TEST_CASE("score_detection_window: without objects, without answers, without annotations") {
    const Truth truth;
    const auto nothing =
        score_detection_window({0, 2, {analysed(0, {})}, {}}, truth.of(), Carry::track);
    CHECK(nothing.objects == 0);
    CHECK_FALSE(nothing.accuracy);
    REQUIRE(nothing.detection);
    CHECK(nothing.detection->classes.empty());
    CHECK_FALSE(nothing.detection->mean_average_precision);

    const WindowAnswers answered{0, 2, {analysed(0, {{at(0), "car", 0.9}})}, {}};
    const auto all_wrong = score_detection_window(answered, truth.of(), Carry::track);
    CHECK(all_wrong.objects == 0);
    CHECK(all_wrong.accuracy == 0);
    CHECK(all_wrong.detection->answers == 2);
    CHECK_FALSE(all_wrong.detection->mean_average_precision);

    const auto unknown = score_detection_window(answered, {}, Carry::track);
    CHECK(unknown.frames == 2);
    CHECK(unknown.analysed == 1);
    CHECK_FALSE(unknown.accuracy);
    CHECK_FALSE(unknown.detection);
}

TEST_CASE("score_window: a stream without annotations has no accuracy") {
    const auto result = score_window({0, 2, {analysed(0, {{at(0), "car", 0.9}})}, {}}, {});
    CHECK(result.frames == 2);
    CHECK(result.analysed == 1);
    CHECK(result.objects == 0);
    CHECK_FALSE(result.accuracy);
    CHECK_FALSE(result.detection);
}
