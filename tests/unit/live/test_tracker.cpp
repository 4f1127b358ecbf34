#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "ekya/live/tracker.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

using Objects = std::vector<ClassifiedObject>;

/// A car of 30 x 20 pixels, as seen from far above.
ClassifiedObject car(double x, double y = 100, const std::string& name = "car") {
    return {{x, y, x + 30, y + 20}, name, 0.8};
}

std::vector<int> tracks_of(const Objects& objects) {
    std::vector<int> tracks;
    for (const auto& object : objects) tracks.push_back(object.track);
    return tracks;
}

using Tracks = std::vector<int>;

/// What is predicted for frames of 640 x 480 pixels.
Objects predicted(const Tracker& tracker, Seconds time) {
    return tracker.predicted(time, 640, 480);
}

/// A tracker that has seen a car move by `step` pixels from one second to the next.
Tracker moving(double step, double x = 100) {
    Tracker tracker;
    (void)tracker.update(0, {car(x)});
    (void)tracker.update(1, {car(x + step)});
    return tracker;
}

}  // namespace

TEST_CASE("Tracker: nothing found, nothing predicted") {
    Tracker tracker;
    CHECK(predicted(tracker, 1).empty());
    CHECK(tracker.update(1, {}).empty());
    CHECK(predicted(tracker, 2).empty());
}

TEST_CASE("Tracker: an object that stays keeps its track, box, class and score") {
    Tracker tracker;
    CHECK(tracks_of(tracker.update(0, {car(100), car(300)})) == Tracks{0, 1});
    CHECK(tracks_of(tracker.update(1, {car(301), car(100)})) == Tracks{1, 0});
    const auto objects = predicted(tracker, 1);
    REQUIRE(objects.size() == 2);
    CHECK(objects[0].track == 0);
    CHECK(objects[0].box == car(100).box);
    CHECK(objects[0].class_name == "car");
    CHECK(objects[0].score == 0.8);
}

TEST_CASE("Tracker: until an object was found twice it is predicted where it is") {
    Tracker tracker;
    (void)tracker.update(0, {car(100)});
    REQUIRE(predicted(tracker, 5).size() == 1);
    CHECK(predicted(tracker, 5)[0].box == car(100).box);
}

TEST_CASE("Tracker: then it goes on as it moved, at all times in between") {
    const Tracker tracker = moving(12);
    CHECK(predicted(tracker, 1)[0].box.x0 == Approx(112));
    CHECK(predicted(tracker, 1.5)[0].box.x0 == Approx(118));
    CHECK(predicted(tracker, 3)[0].box == car(136).box);
}

TEST_CASE("Tracker: its velocity is the mean of the old and the new one") {
    Tracker tracker = moving(12);
    (void)tracker.update(2, {car(132)});  // 20 a second now
    CHECK(predicted(tracker, 3)[0].box.x0 == Approx(132 + 16));
}

TEST_CASE("Tracker: frames at uneven times") {
    Tracker tracker;
    (void)tracker.update(0, {car(100)});
    (void)tracker.update(0.5, {car(110)});
    CHECK(tracks_of(tracker.update(2.5, {car(150)})) == Tracks{0});
    CHECK(predicted(tracker, 3)[0].box.x0 == Approx(160));
}

TEST_CASE("Tracker: cars that move by half their length to twice their length between frames") {
    // Two lanes of cars one after the other, 3 frames per second. Those that come into the picture
    // are new.
    for (const double step : {15.0, 30.0, 45.0, 60.0}) {
        CAPTURE(step);
        Tracker tracker;
        std::set<int> tracks;
        for (int frame = 0; frame < 8; ++frame) {
            Objects cars;
            for (int i = 0; i < 3; ++i) {
                cars.push_back(car(20 + 150 * i + step * frame, 100));
                cars.push_back(car(600 - 150 * i - step * frame, 160));  // the other way
            }
            std::erase_if(cars, [](const auto& c) { return c.box.x0 < 0 || c.box.x1 > 640; });
            for (const auto& found : tracker.update(frame / 3.0, cars)) tracks.insert(found.track);
        }
        CHECK(tracks.size() == 6);
        const auto next = predicted(tracker, 8 / 3.0);
        for (const auto& object : next) {
            const double from = object.box.y0 == 100 ? 20 + 8 * step : 600 - 8 * step;
            CHECK(std::abs(std::remainder(object.box.x0 - from, 150)) < 1e-6);
        }
        CHECK_FALSE(next.empty());
    }
}

TEST_CASE("Tracker: an object that is too far away is another one") {
    Tracker tracker;
    (void)tracker.update(0, {car(100)});
    CHECK(tracks_of(tracker.update(1, {car(170)})) == Tracks{0});  // 2.3 lengths
    Tracker other;
    (void)other.update(0, {car(100)});
    CHECK(tracks_of(other.update(1, {car(180)})) == Tracks{1});  // 2.7 lengths
    Tracker known = moving(0);                                   // it is known to stand
    CHECK(tracks_of(known.update(2, {car(120)})) == Tracks{0});
    known = moving(0);
    CHECK(tracks_of(known.update(2, {car(130)})) == Tracks{1});
}

TEST_CASE("Tracker: an object of another class is another one") {
    Tracker tracker;
    (void)tracker.update(0, {car(100)});
    CHECK(tracks_of(tracker.update(1, {car(100, 100, "bus"), car(110)})) == Tracks{1, 0});
}

TEST_CASE("Tracker: of two objects the nearer one goes on, the other is new") {
    Tracker tracker;
    (void)tracker.update(0, {car(100)});
    CHECK(tracks_of(tracker.update(1, {car(130), car(110)})) == Tracks{1, 0});
}

TEST_CASE("Tracker: tracks with a velocity choose before those without one") {
    Tracker tracker = moving(30);                   // will be at 160
    (void)tracker.update(2, {car(160), car(200)});  // a new one ahead of it
    // Enlarged boxes overlap more than those as they are: the new one would be nearer.
    CHECK(tracks_of(tracker.update(3, {car(190, 105)})) == Tracks{0});
}

TEST_CASE("Tracker: one that was missed is not predicted, but is the same when it is back") {
    Tracker tracker = moving(12);
    (void)tracker.update(2, {});
    CHECK(predicted(tracker, 2).empty());
    (void)tracker.update(3, {});
    CHECK(tracks_of(tracker.update(4, {car(148)})) == Tracks{0});
    CHECK(predicted(tracker, 5)[0].box.x0 == Approx(160));
}

TEST_CASE("Tracker: one that was missed three times is gone") {
    Tracker tracker = moving(12);
    for (const Seconds time : {2, 3, 4}) (void)tracker.update(time, {});
    CHECK(tracks_of(tracker.update(5, {car(160)})) == Tracks{1});
}

TEST_CASE("Tracker: boxes are cut at the frame; those outside are gone") {
    const Tracker right = moving(60, 500);  // at 560 now
    CHECK(predicted(right, 2)[0].box == Box{620, 100, 640, 120});
    CHECK(predicted(right, 3).empty());
    const Tracker left = moving(-60, 100);  // at 40 now
    CHECK(predicted(left, 2)[0].box == Box{0, 100, 10, 120});
    CHECK(predicted(left, 2.5).empty());
    CHECK(predicted(left, 100).empty());
}

TEST_CASE("Tracker: a stream that begins anew has other objects") {
    Tracker tracker = moving(0);
    CHECK(predicted(tracker, 0.5).empty());
    CHECK(tracks_of(tracker.update(0.5, {car(100)})) == Tracks{1});
    tracker.end_all();
    CHECK(predicted(tracker, 1).empty());
    CHECK(tracks_of(tracker.update(1, {car(100)})) == Tracks{2});
}

TEST_CASE("Tracker: two frames of one time are matched, and say nothing of velocity") {
    Tracker tracker = moving(12);
    CHECK(tracks_of(tracker.update(1, {car(113)})) == Tracks{0});
    CHECK(predicted(tracker, 2)[0].box.x0 == Approx(125));
}

TEST_CASE("Tracker: fed with what an earlier one said it goes on as that one") {
    Tracker earlier;
    std::vector<Objects> said;
    for (int frame = 0; frame < 6; ++frame)
        said.push_back(earlier.update(frame, {car(100 + 20.0 * frame), car(400 - 20.0 * frame, 200),
                                              car(50.0 * frame, 300)}));
    Tracker tracker;
    for (int frame = 3; frame < 6; ++frame)
        CHECK(tracks_of(tracker.update(frame, said[static_cast<std::size_t>(frame)])) ==
              tracks_of(said[static_cast<std::size_t>(frame)]));
    const auto a = predicted(earlier, 7), b = predicted(tracker, 7);
    CHECK(tracks_of(a) == tracks_of(b));
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i].box.x0 == Approx(b[i].box.x0));
    CHECK(tracks_of(tracker.update(6, {car(220), car(500, 400)})) == Tracks{0, 3});
}
