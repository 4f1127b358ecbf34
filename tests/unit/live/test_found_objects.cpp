#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/live/inference_session.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

constexpr double step = 4;  // pixels from frame to frame

/// The only car there is: it drives to the right, 10 frames per second.
Box car_at(std::int64_t frame) {
    const double x = step * static_cast<double>(frame);
    return {x, 20, x + 20, 40};
}

/// A session whose network finds that car.
class Rig {
public:
    explicit Rig(int stride = 1, Carry carry = Carry::track, bool finds_objects = true)
        : session(
              options(stride, carry, finds_objects),
              [this](std::int64_t frame) {
                  truth_ = {{frame, "car", car_at(frame)}};
                  return std::span<const Annotation>(truth_);
              },
              [this](const FrameHeader& header, const FrameImage&) {
                  InferenceSession::Analysis analysis{"base", {}};
                  if (finds) analysis.objects.push_back({car_at(header.frame), "car", 0.9});
                  return analysis;
              },
              [this](const FrameAnswer& answer) { answers.push_back(answer); },
              [this](WindowAccuracy accuracy) { windows.push_back(std::move(accuracy)); }) {}

    void frames(std::int64_t first, std::int64_t end, int window = 0) {
        for (auto i = first; i < end; ++i)
            session.arrived({"a", window, i, 0.1 * static_cast<double>(i), width, 100, {}}, {}, 0);
    }
    void end(int window, std::int64_t first, std::int64_t behind) {
        session.arrived(WindowEnd{"a", window, first, behind, 10, true, false});
    }
    void drain() {
        while (!session.idle()) session.step([] { return 0.0; });
    }
    [[nodiscard]] const std::vector<ClassifiedObject>& objects(std::size_t answer) const {
        REQUIRE(answer < answers.size());
        return answers[answer].objects;
    }

    bool finds = true;
    int width = 1000;
    std::vector<FrameAnswer> answers;
    std::vector<WindowAccuracy> windows;
    InferenceSession session;

private:
    static SessionOptions options(int stride, Carry carry, bool finds_objects) {
        SessionOptions options{"a", stride, 1000};
        options.finds_objects = finds_objects;
        options.carry = carry;
        return options;
    }
    std::vector<Annotation> truth_;
};

}  // namespace

TEST_CASE("carry_from: names") {
    CHECK(carry_from("last") == Carry::last);
    CHECK(carry_from("track") == Carry::track);
    CHECK_THROWS_AS((void)carry_from("kalman"), DomainError);
}

TEST_CASE("InferenceSession: objects that are found are followed through skipped frames") {
    Rig rig(5);
    rig.frames(0, 20);
    rig.end(0, 0, 20);
    rig.drain();
    REQUIRE(rig.answers.size() == 20);
    CHECK(rig.objects(2)[0].box == car_at(0));  // once found it has no velocity yet
    for (std::size_t i = 5; i < 20; ++i) {
        CAPTURE(i);
        CHECK(rig.answers[i].analysed == (i % 5 == 0));
        REQUIRE(rig.objects(i).size() == 1);
        CHECK(rig.objects(i)[0].track == 0);
        CHECK(rig.objects(i)[0].class_name == "car");
        CHECK(rig.objects(i)[0].box.x0 == Approx(car_at(static_cast<std::int64_t>(i)).x0));
    }
    REQUIRE(rig.windows.size() == 1);
    const auto& window = rig.windows[0];
    CHECK(window.objects == 20);
    CHECK(window.analysed == 4);
    // Of the first five frames IoU is 1, 16/24, 12/28, 8/32, 4/36.
    CHECK(window.correct == 18);
    CHECK(window.accuracy == Approx(0.9));
    REQUIRE(window.detection);
    CHECK(window.detection->answers == 20);
    REQUIRE(window.detection->classes.size() == 1);
    CHECK(window.detection->classes[0].recall == Approx(0.9));
}

TEST_CASE("InferenceSession: or the last analysed frame's boxes hold, as in the paper") {
    Rig rig(5, Carry::last);
    rig.frames(0, 20);
    rig.end(0, 0, 20);
    rig.drain();
    for (std::size_t i = 0; i < 20; ++i)
        CHECK(rig.objects(i).size() == (i % 5 == 0 ? std::size_t{1} : std::size_t{0}));
    CHECK(rig.objects(15)[0].track == 0);
    REQUIRE(rig.windows.size() == 1);
    CHECK(rig.windows[0].correct == 12);
    CHECK(rig.windows[0].detection->answers == 20);
    CHECK(rig.windows[0].accuracy == Approx(0.6));
}

TEST_CASE("InferenceSession: an object that is found no more is not followed") {
    Rig rig(2);
    rig.frames(0, 4);
    rig.drain();
    rig.finds = false;
    rig.frames(4, 6);
    rig.drain();
    CHECK(rig.objects(3).size() == 1);
    CHECK(rig.objects(4).empty());
    CHECK(rig.objects(5).empty());
}

TEST_CASE("InferenceSession: lost frames have the boxes of the frame before, also of a window") {
    Rig rig(2);
    rig.frames(0, 10);
    rig.end(0, 0, 10);
    rig.frames(12, 14, 1);  // two frames were lost
    rig.end(1, 10, 14);
    rig.drain();
    REQUIRE(rig.windows.size() == 2);
    const auto& window = rig.windows[1];
    CHECK(window.lost == 2);
    CHECK(window.objects == 4);
    CHECK(window.detection->answers == 4);
    // The car of frame 9 was followed from frame 8: IoU 16/24 with frame 10's, 12/28 with 11's.
    CHECK(window.correct == 4);
}

TEST_CASE("InferenceSession: frames of another size end all tracks") {
    Rig rig(3);
    rig.frames(0, 5);
    rig.drain();
    rig.width = 500;
    rig.frames(5, 8);
    rig.drain();
    CHECK(rig.objects(4).size() == 1);
    CHECK(rig.objects(5).empty());
    REQUIRE(rig.objects(6).size() == 1);
    CHECK(rig.objects(6)[0].track == 1);
    CHECK(rig.objects(7)[0].track == 1);
}

TEST_CASE("InferenceSession: resume goes on following what the answers hold") {
    Rig before(5);
    before.frames(0, 10);
    before.end(0, 0, 10);
    before.frames(10, 12, 1);
    before.drain();
    auto earlier = before.answers;
    for (auto& answer : earlier)
        for (auto& object : answer.objects) object.track += 7;

    Rig rig(5);
    rig.session.resume(earlier);
    rig.frames(12, 20, 1);
    rig.end(1, 10, 20);
    rig.drain();
    before.frames(12, 20, 1);
    before.end(1, 10, 20);
    before.drain();
    REQUIRE(rig.answers.size() == 8);
    for (std::size_t i = 0; i < 8; ++i) {
        REQUIRE(rig.objects(i).size() == 1);
        CHECK(rig.objects(i)[0].track == 7);
        CHECK(rig.objects(i)[0].box == before.objects(i + 12)[0].box);
    }
    REQUIRE(rig.windows.size() == 1);
    CHECK(rig.windows[0].accuracy == 1);
    CHECK(rig.windows[0].seen == 10);
}

TEST_CASE("InferenceSession: that objects are found may be said before the first frame") {
    Rig rig(5, Carry::track, false);
    rig.session.set_finds_objects(true);
    rig.frames(0, 10);
    rig.end(0, 0, 10);
    rig.drain();
    CHECK(rig.objects(1).size() == 1);
    REQUIRE(rig.windows.size() == 1);
    CHECK(rig.windows[0].detection);
}

TEST_CASE("InferenceSession: where boxes are given nothing is followed") {
    Rig rig(5, Carry::track, false);
    rig.frames(0, 10);
    rig.end(0, 0, 10);
    rig.drain();
    CHECK(rig.objects(0)[0].track == -1);
    CHECK(rig.objects(1).empty());
    REQUIRE(rig.windows.size() == 1);
    CHECK_FALSE(rig.windows[0].detection);
}
