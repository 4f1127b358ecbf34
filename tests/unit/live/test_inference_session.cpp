#include <doctest/doctest.h>

#include <limits>

#include "ekya/core/errors.hpp"
#include "ekya/live/inference_session.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

const Box box{0, 0, 10, 10};

/// A session whose network answers "car" for every box, and a truth with one car in every frame.
class Rig {
public:
    explicit Rig(int stride = 1, std::size_t backlog = 8, Seconds max_latency = 0)
        : session(
              {"a", stride, backlog, max_latency},
              [this](std::int64_t) { return std::span<const Annotation>(truth_); },
              [this](const FrameHeader& header, const FrameImage&) {
                  InferenceSession::Analysis analysis{model, {}};
                  now += cost;
                  for (const auto& where : header.boxes)
                      analysis.objects.push_back({where, says, 0.9});
                  return analysis;
              },
              [this](const FrameAnswer& answer) { answers.push_back(answer); },
              [this](WindowAccuracy accuracy) { windows.push_back(std::move(accuracy)); }) {}

    void frame(std::int64_t frame, int window = 0) {
        session.arrived({"a", window, frame, 0.1 * static_cast<double>(frame), 20, 20, {box}}, {},
                        now);
    }
    void frames(std::int64_t first, std::int64_t end, int window = 0) {
        for (auto i = first; i < end; ++i) frame(i, window);
    }
    void end(int window, std::int64_t first, std::int64_t behind, bool last = false) {
        session.arrived(WindowEnd{"a", window, first, behind, 10, true, last});
    }
    void step() {
        session.step([this] { return now; });
    }
    void drain() {
        while (!session.idle()) step();
    }
    [[nodiscard]] std::vector<std::int64_t> analysed() const {
        std::vector<std::int64_t> frames;
        for (const auto& answer : answers)
            if (answer.analysed) frames.push_back(answer.frame);
        return frames;
    }
    [[nodiscard]] std::vector<std::int64_t> answered() const {
        std::vector<std::int64_t> frames;
        for (const auto& answer : answers) frames.push_back(answer.frame);
        return frames;
    }

    std::string model = "base", says = "car";
    Seconds now = 100, cost = 0;
    std::vector<FrameAnswer> answers;
    std::vector<WindowAccuracy> windows;
    InferenceSession session;

private:
    std::vector<Annotation> truth_{{0, "car", box}};
};

using Frames = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("InferenceSession: one answer per frame, in order, with what the frame said") {
    Rig rig;
    CHECK(rig.session.idle());
    CHECK(rig.session.last_frame() == -1);
    CHECK_NOTHROW(rig.step());  // nothing to do
    rig.frame(300, 3);
    CHECK_FALSE(rig.session.idle());
    CHECK(rig.session.next_needs_analysis(rig.now));
    rig.now = 100.25;
    rig.step();
    REQUIRE(rig.answers.size() == 1);
    const auto& answer = rig.answers[0];
    CHECK(answer.stream == "a");
    CHECK(answer.window == 3);
    CHECK(answer.frame == 300);
    CHECK(answer.time == Approx(30));
    CHECK(answer.analysed);
    CHECK(answer.model == "base");
    REQUIRE(answer.objects.size() == 1);
    CHECK(answer.objects[0].box == box);
    CHECK(answer.latency == Approx(0.25));
    CHECK(rig.session.idle());
    CHECK(rig.session.last_frame() == 300);
    rig.frames(301, 304, 3);
    rig.drain();
    CHECK(rig.answered() == Frames{300, 301, 302, 303});
}

TEST_CASE(
    "InferenceSession: a stride analyses multiples of it, the others are answered as skipped") {
    Rig rig(3);
    rig.frames(4, 11);
    CHECK_FALSE(rig.session.next_needs_analysis(rig.now));
    rig.drain();
    CHECK(rig.answered() == Frames{4, 5, 6, 7, 8, 9, 10});
    CHECK(rig.analysed() == Frames{6, 9});
    CHECK(rig.answers[0].model.empty());
    CHECK(rig.answers[0].objects.empty());
    CHECK(rig.session.frame_stride() == 3);
    rig.session.set_frame_stride(1);  // between two frames
    rig.frames(11, 13);
    rig.drain();
    CHECK(rig.analysed() == Frames{6, 9, 11, 12});
}

TEST_CASE("InferenceSession: strides below 1 are refused") {
    CHECK_THROWS_AS(Rig(0), DomainError);
    Rig rig;
    CHECK_THROWS_AS(rig.session.set_frame_stride(-1), DomainError);
    CHECK(rig.session.frame_stride() == 1);
}

TEST_CASE("InferenceSession: when more wait than the backlog, the oldest are skipped") {
    Rig rig(1, 3);
    rig.frames(0, 8);
    CHECK_FALSE(rig.session.next_needs_analysis(rig.now));
    rig.drain();
    CHECK(rig.answered() == Frames{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(rig.analysed() == Frames{5, 6, 7});
}

TEST_CASE(
    "InferenceSession: counts of what was analysed, skipped although it was its turn, and waits") {
    Rig rig(2, 3);
    CHECK(rig.session.backlog() == 0);
    CHECK_FALSE(rig.session.counts().latency);
    rig.frames(0, 8);
    CHECK(rig.session.backlog() == 8);
    rig.now += 0.5;
    rig.drain();
    CHECK(rig.analysed() == Frames{6});  // 0, 2 and 4 were due too
    CHECK(rig.session.counts().analysed == 1);
    CHECK(rig.session.counts().skipped == 3);
    CHECK(rig.session.counts().latency == 0.5);
    CHECK(rig.session.backlog() == 0);
}

TEST_CASE("InferenceSession: within the longest latency every frame is analysed") {
    Rig rig(1, 100, 0.5);
    rig.cost = 0.1;
    for (int i = 0; i < 20; ++i) {
        rig.frame(i);
        rig.step();
        rig.now += 0.1;
    }
    CHECK(rig.analysed().size() == 20);
    CHECK(rig.session.counts().skipped == 0);
}

TEST_CASE(
    "InferenceSession: what would be answered too late is skipped, the newest first; no answer is "
    "later than allowed") {
    Rig rig(1, 100, 0.5);
    rig.cost = 0.25;  // four frames arrive while one is analysed
    std::int64_t next = 0;
    const double start = rig.now;
    while (next < 200) {
        for (; start + 0.0625 * static_cast<double>(next) <= rig.now; ++next) rig.frame(next);
        rig.step();
        if (rig.session.idle()) rig.now += 0.0625;
    }
    rig.drain();
    CHECK(rig.answered().size() ==
          static_cast<std::size_t>(next));  // each frame has one answer, in order
    Seconds latest = 0;
    std::size_t analysed = 0;
    for (const auto& answer : rig.answers) {
        CHECK(answer.analysed != answer.behind);
        if (!answer.analysed) continue;
        ++analysed;
        latest = std::max(latest, answer.latency);
    }
    CHECK(latest <= 0.5);
    CHECK(analysed >= 45);  // no time is lost: 50 analyses fit into 200 frames
    CHECK(rig.session.counts().skipped == next - static_cast<std::int64_t>(analysed));
}

TEST_CASE("InferenceSession: an analysis that alone takes too long does not end all answers") {
    Rig rig(1, 100, 0.1);
    rig.cost = 0.3;
    for (int i = 0; i < 10; ++i) {
        rig.frame(i);
        rig.drain();
    }
    CHECK(rig.analysed().size() == 10);
    rig.cost = 0.05;
    rig.frames(10, 12);
    rig.drain();
    CHECK(rig.analysed().back() == 11);
}

TEST_CASE("InferenceSession: one slow analysis does not keep all later frames from being tried") {
    Rig rig(1, 100, 0.1);
    rig.cost = 0.095;
    rig.frame(0);
    rig.drain();
    rig.cost = 0.01;
    for (int i = 1; i < 30; ++i) {
        rig.frame(i);
        rig.now += 0.02;  // each has waited a little
        rig.drain();
    }
    CHECK(rig.analysed().size() >= 25);
}

TEST_CASE(
    "InferenceSession: a wait that makes a frame late skips it at once; one that does not is "
    "waited for") {
    Rig rig(1, 100, 0.5);
    rig.cost = 0;
    rig.frame(0);
    rig.session.step([&] { return rig.now; }, 0.4);
    CHECK(rig.answers.empty());  // it waits
    CHECK(rig.session.next_needs_analysis(rig.now + 0.4));
    CHECK_FALSE(rig.session.next_needs_analysis(rig.now + 0.6));
    rig.session.step([&] { return rig.now; }, 0.6);
    REQUIRE(rig.answers.size() == 1);
    CHECK(rig.answers[0].behind);
}

TEST_CASE(
    "InferenceSession: windows say how many frames were skipped because inference was behind, "
    "resumed ones too") {
    Rig rig(2, 2);
    rig.frames(0, 8);
    rig.end(0, 0, 8);
    rig.drain();
    REQUIRE(rig.windows.size() == 1);
    CHECK(rig.windows[0].skipped == 3);
    CHECK(rig.windows[0].analysed == 1);
    Rig again(2, 2);
    again.session.resume(rig.answers);
    again.session.finish();
    REQUIRE(again.windows.size() == 1);
    CHECK(again.windows[0].skipped == 3);
    CHECK(again.session.counts().skipped == 0);
}

TEST_CASE("InferenceSession: window ends do not count as backlog") {
    Rig rig(1, 2);
    rig.frame(0);
    rig.end(0, 0, 1);
    rig.frame(1, 1);
    rig.drain();
    CHECK(rig.analysed() == Frames{0, 1});
}

TEST_CASE(
    "InferenceSession: a window is scored at its end, over the frames the publisher counted") {
    Rig rig(2, 100);
    rig.frames(0, 10);
    rig.end(0, 0, 12);  // two frames were lost
    rig.drain();
    REQUIRE(rig.windows.size() == 1);
    const auto& window = rig.windows[0];
    CHECK(window.stream == "a");
    CHECK(window.window == 0);
    CHECK(window.complete);
    CHECK(window.seconds == 10);
    CHECK(window.frames == 12);
    CHECK(window.seen == 10);
    CHECK(window.analysed == 5);
    CHECK(window.lost == 2);
    CHECK(window.objects == 12);
    CHECK(window.correct == 12);
    CHECK(window.accuracy == 1);
    CHECK(rig.session.last_frame() == 11);
    CHECK_FALSE(rig.session.ended());
}

TEST_CASE("InferenceSession: a swap between two frames shows in answers and windows") {
    Rig rig;
    rig.frames(0, 2);
    rig.drain();
    rig.model = "w00000-e5";
    rig.says = "sign";
    rig.frames(2, 4);
    rig.end(0, 0, 4);
    rig.drain();
    REQUIRE(rig.windows.size() == 1);
    REQUIRE(rig.windows[0].models.size() == 2);
    CHECK(rig.windows[0].models[1].model == "w00000-e5");
    CHECK(rig.windows[0].models[1].from_frame == 2);
    CHECK(rig.windows[0].accuracy == 0.5);
}

TEST_CASE(
    "InferenceSession: the last result carries over into the next window, also through an empty "
    "one") {
    Rig rig(100, 100);
    rig.frames(0, 5);
    rig.end(0, 0, 5);
    rig.frames(5, 10, 1);
    rig.end(1, 5, 10);
    rig.end(2, 10, 12);  // no frame of it arrived
    rig.frames(12, 14, 3);
    rig.end(3, 12, 14);
    rig.drain();
    REQUIRE(rig.windows.size() == 4);
    for (const auto& window : rig.windows) CHECK(window.accuracy == 1);
    CHECK(rig.windows[1].analysed == 0);
    CHECK(rig.windows[2].seen == 0);
    CHECK(rig.windows[2].lost == 2);
    CHECK(rig.analysed() == Frames{0});
}

TEST_CASE(
    "InferenceSession: the end of a window was lost -> closed, incomplete, where the next one "
    "begins") {
    Rig rig;
    rig.frames(0, 4);
    rig.frames(5, 8, 1);  // frame 4 was lost too
    rig.end(1, 5, 8);
    rig.drain();
    REQUIRE(rig.windows.size() == 2);
    CHECK(rig.windows[0].window == 0);
    CHECK_FALSE(rig.windows[0].complete);
    CHECK(rig.windows[0].frames == 5);
    CHECK(rig.windows[0].lost == 1);
    CHECK(rig.windows[1].window == 1);
    CHECK(rig.windows[1].complete);
    CHECK(rig.windows[1].frames == 3);
    CHECK(rig.answered() == Frames{0, 1, 2, 3, 5, 6, 7});
}

TEST_CASE(
    "InferenceSession: the end of a window and all of the next one's frames were lost -> both are "
    "reported") {
    Rig rig;
    rig.frames(0, 4);
    rig.end(1, 5, 10);
    rig.drain();
    REQUIRE(rig.windows.size() == 2);
    CHECK(rig.windows[0].window == 0);
    CHECK_FALSE(rig.windows[0].complete);
    CHECK(rig.windows[0].seen == 4);
    CHECK(rig.windows[0].frames == 5);
    CHECK(rig.windows[1].window == 1);
    CHECK(rig.windows[1].lost == 5);
    CHECK(rig.windows[1].accuracy == 1);  // carried over
}

TEST_CASE("InferenceSession: a repeated end changes nothing") {
    Rig rig;
    rig.frames(0, 4);
    rig.end(0, 0, 4);
    rig.end(0, 0, 4);
    rig.frames(4, 6, 1);
    rig.end(0, 0, 4);
    rig.end(1, 4, 6);
    rig.drain();
    REQUIRE(rig.windows.size() == 2);
    CHECK(rig.windows[0].frames == 4);
    CHECK(rig.windows[1].frames == 2);
    CHECK(rig.windows[1].seen == 2);
}

TEST_CASE("InferenceSession: a publisher that counts anew in a newer window is answered") {
    Rig rig;
    rig.frames(50, 53, 4);
    rig.drain();
    rig.frames(0, 2, 4);  // the same window again: they were answered, or come too late
    rig.frames(0, 3, 5);
    rig.drain();
    CHECK(rig.answered() == Frames{50, 51, 52, 0, 1, 2});
    REQUIRE(rig.windows.size() == 1);
    CHECK(rig.windows[0].window == 4);
    CHECK(rig.windows[0].frames == 3);
    rig.end(5, 0, 3);
    rig.drain();
    REQUIRE(rig.windows.size() == 2);
    CHECK(rig.windows[1].frames == 3);
    CHECK(rig.windows[1].accuracy == Approx(1));
}

TEST_CASE("InferenceSession: frames that a restarted publisher repeats are not answered again") {
    Rig rig;
    rig.frames(0, 4);
    rig.drain();
    rig.frames(0, 6);
    CHECK(rig.answers.size() == 4);
    rig.drain();
    CHECK(rig.answered() == Frames{0, 1, 2, 3, 4, 5});
}

TEST_CASE("InferenceSession: frames lost while a live publisher was started again are counted") {
    Rig rig;
    rig.frames(0, 10);
    rig.end(0, 0, 10);
    rig.frames(10, 14, 1);
    rig.drain();
    rig.frames(17, 20, 1);  // by the new one, which knows of its own frames alone
    rig.end(1, 17, 20);
    rig.drain();
    REQUIRE(rig.windows.size() == 2);
    CHECK(rig.windows[1].frames == 10);
    CHECK(rig.windows[1].seen == 7);
    CHECK(rig.windows[1].lost == 3);
}

TEST_CASE("InferenceSession: nor those that still wait when they are repeated") {
    Rig rig;
    rig.frames(0, 4);
    rig.frames(0, 6);
    rig.end(0, 0, 6);
    rig.drain();
    CHECK(rig.answered() == Frames{0, 1, 2, 3, 4, 5});
    REQUIRE(rig.windows.size() == 1);
    CHECK(rig.windows[0].seen == 6);
}

TEST_CASE("InferenceSession: a window is not opened again by frames repeated behind its end") {
    Rig rig;
    rig.frames(0, 4);
    rig.end(0, 0, 5);  // frame 4 was lost
    rig.drain();
    rig.frames(0, 5);  // now it comes
    rig.end(0, 0, 5);
    rig.frames(5, 7, 1);
    rig.end(1, 5, 7);
    rig.drain();
    CHECK(rig.answered() == Frames{0, 1, 2, 3, 5, 6});
    CHECK(rig.windows.size() == 2);
}

TEST_CASE("InferenceSession: resume takes up the open window and what carried over before it") {
    Rig before(5, 100);
    before.frames(0, 10);
    before.end(0, 0, 10);
    before.frames(10, 12, 1);
    before.drain();

    Rig rig(5, 100);
    rig.session.resume(before.answers);  // of both windows
    CHECK(rig.session.last_frame() == 11);
    CHECK(rig.answers.empty());  // they are in the file already
    rig.frames(0, 10);           // the publisher begins again
    rig.end(0, 0, 10);
    rig.frames(10, 16, 1);
    rig.end(1, 10, 16);
    rig.drain();
    CHECK(rig.answered() == Frames{12, 13, 14, 15});
    REQUIRE(rig.windows.size() == 1);
    CHECK(rig.windows[0].window == 1);
    CHECK(rig.windows[0].seen == 6);
    CHECK(rig.windows[0].analysed == 2);
    CHECK(rig.windows[0].lost == 0);
    CHECK(rig.windows[0].accuracy == 1);
}

TEST_CASE(
    "InferenceSession: resume with a window in which nothing was analysed yet still carries over") {
    Rig rig(100);
    FrameAnswer earlier{"a", 0, 0, 0, true, "base", {{box, "car", 1}}, 0},
        open{"a", 1, 10, 1, false, "", {}, 0};
    rig.session.resume({earlier, open});
    rig.frame(11, 1);
    rig.end(1, 10, 12);
    rig.drain();
    REQUIRE(rig.windows.size() == 1);
    CHECK(rig.windows[0].accuracy == 1);
}

TEST_CASE("InferenceSession: resume with nothing is a start from nothing") {
    Rig rig;
    rig.session.resume({});
    rig.frames(0, 2);
    rig.end(0, 0, 2);
    rig.drain();
    CHECK(rig.windows.size() == 1);
}

TEST_CASE("InferenceSession: ended once the publisher's last end was done, not when it arrives") {
    Rig rig;
    rig.frames(0, 2);
    rig.end(0, 0, 2, true);
    CHECK_FALSE(rig.session.ended());
    rig.drain();
    CHECK(rig.session.ended());
    CHECK(rig.windows.size() == 1);
}

TEST_CASE("InferenceSession: a repeated last end still ends") {
    Rig rig;
    rig.frames(0, 2);
    rig.end(0, 0, 2);
    rig.end(0, 0, 2, true);
    rig.drain();
    CHECK(rig.session.ended());
    CHECK(rig.windows.size() == 1);
}

TEST_CASE(
    "InferenceSession: finish answers what waits and closes the open window as incomplete, once") {
    Rig rig;
    rig.frames(0, 3);
    rig.step();
    rig.session.finish();
    CHECK(rig.answered() == Frames{0, 1, 2});
    for (const auto& answer : rig.answers) CHECK(answer.latency >= 0);
    REQUIRE(rig.windows.size() == 1);
    CHECK_FALSE(rig.windows[0].complete);
    CHECK(rig.windows[0].frames == 3);
    CHECK(rig.windows[0].latency_p99 >= 0);
    CHECK(rig.session.ended());
    rig.session.finish();
    CHECK(rig.windows.size() == 1);
}

TEST_CASE("InferenceSession: finish without an open window reports none") {
    Rig rig;
    rig.session.finish();
    rig.frames(0, 2);
    rig.end(0, 0, 2);
    rig.drain();
    rig.session.finish();
    CHECK(rig.windows.size() == 1);
}

TEST_CASE("InferenceSession: frames that make no sense are refused, the stream goes on") {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    constexpr double large = std::numeric_limits<double>::max();
    const std::vector<std::pair<FrameHeader, const char*>> frames{
        {{"b", 0, 2, 0.2, 20, 20, {box}}, "is of stream b"},
        {{"", 0, 2, 0.2, 20, 20, {box}}, "is of stream"},
        {{"\x1b[2J", 0, 2, 0.2, 20, 20, {box}}, "is of stream \\x1b[2J"},
        {{"a", 0, 2, 0.2, 0, 0, {box}}, "0 x 0 pixels"},
        {{"a", 0, 2, 0.2, 0, 0, {}}, "0 x 0 pixels"},
        {{"a", 0, 2, 0.2, 20, 0, {}}, "20 x 0 pixels"},
        {{"a", 0, 2, 0.2, -20, 20, {}}, "-20 x 20 pixels"},
        {{"a", 0, 2, 0.2, 100'000'000, 1, {}}, "100000000 x 1 pixels"},
        {{"a", 0, 2, 0.2, 20, 20, {{30, 0, 40, 10}}}, "a box lies outside the 20 x 20 pixels"},
        {{"a", 0, 2, 0.2, 20, 20, {box, {0, -9, 10, -1}}}, "a box lies outside"},
        {{"a", 0, 2, 0.2, 20, 20, {{5, 5, 5, 5}}}, "has no area"},
        {{"a", 0, 2, 0.2, 20, 20, {{10, 10, 0, 0}}}, "has no area"},
        {{"a", 0, 2, 0.2, 20, 20, {{-large, -large, -1, -1}}}, "a box lies outside"},
        {{"a", 0, 2, 0.2, 20, 20, {{large, large, large, large}}}, "a box lies outside"},
        {{"a", 0, 2, 0.2, 20, 20, std::vector<Box>(1001, box)}, "1001 boxes are more than 1000"},
        {{"a", 0, most, 0.2, 20, 20, {box}}, "/frame"},
        {{"a", 0, -1, 0.2, 20, 20, {box}}, "/frame"},
        {{"a", 2147483647, 2, 0.2, 20, 20, {box}}, "/window"},
        {{"a", -1, 2, 0.2, 20, 20, {box}}, "/window"},
        {{"a", 0, 9'000'000, 0.2, 20, 20, {box}}, "leaps far beyond frame 1"},
        {{"a", 1000, 2, 0.2, 20, 20, {box}}, "leaps far beyond frame 1"},
    };
    for (const auto& [header, reason] : frames) {
        const char* const why = reason;
        CAPTURE(why);
        Rig rig;
        rig.frames(0, 2);
        std::string refusal;
        try {
            rig.session.arrived(header, {}, rig.now);
        } catch (const InputError& e) {
            refusal = e.what();
        }
        CAPTURE(refusal);
        CHECK(refusal.find(why) != std::string::npos);
        rig.frames(2, 4);
        rig.drain();
        CHECK(rig.answered() == Frames{0, 1, 2, 3});
    }
}

TEST_CASE("InferenceSession: ends of windows that make no sense are refused, the stream goes on") {
    const std::vector<std::pair<WindowEnd, const char*>> ends{
        {{"b", 0, 0, 2, 10, true, true}, "is of stream b"},
        {{"a", 0, 0, 9'000'000'000'000'000'000, 10, true, false}, "are no window"},
        {{"a", 0, 5, 2, 10, true, false}, "are no window"},
        {{"a", 0, -5, 2, 10, true, false}, "are no window"},
        {{"a", 0, 0, 4'320'001, 10, true, false}, "are no window"},
        {{"a", 2147483647, 0, 2, 10, true, false}, "/window"},
        {{"a", -1, 0, 2, 10, true, false}, "/window"},
        {{"a", 1000, 0, 2, 10, true, false}, "leaps far beyond window 0"},
    };
    for (const auto& [end, reason] : ends) {
        const char* const why = reason;
        CAPTURE(why);
        Rig rig;
        rig.frames(0, 2);
        std::string refusal;
        try {
            rig.session.arrived(end);
        } catch (const InputError& e) {
            refusal = e.what();
        }
        CAPTURE(refusal);
        CHECK(refusal.find(why) != std::string::npos);
        rig.frames(2, 4);
        rig.end(0, 0, 4);
        rig.drain();
        CHECK(rig.answered() == Frames{0, 1, 2, 3});
        REQUIRE(rig.windows.size() == 1);
        CHECK(rig.windows[0].frames == 4);
    }
}

TEST_CASE("InferenceSession: a leap is believed when the next frame continues it") {
    Rig rig;
    rig.frames(0, 2);
    CHECK_THROWS_AS(rig.frame(50'000), InputError);
    CHECK_THROWS_AS(rig.frame(200'000), InputError);  // which does not
    rig.frames(200'001, 200'003);
    rig.drain();
    CHECK(rig.answered() == Frames{0, 1, 200'001, 200'002});
}

TEST_CASE("InferenceSession: behind an end that is far ahead the frames that come are answered") {
    Rig rig;
    rig.frames(0, 2);
    rig.end(0, 0, 4'000'000);
    rig.drain();
    rig.frames(2, 4, 1);
    rig.drain();
    CHECK(rig.answered() == Frames{0, 1, 2, 3});
}

TEST_CASE("InferenceSession: a frame whose analysis failed is passed over") {
    Rig rig;
    rig.frames(0, 3);
    rig.step();
    REQUIRE(rig.session.due(rig.now));
    rig.session.skip_due([&] { return rig.now; });
    rig.drain();
    CHECK(rig.answered() == Frames{0, 1, 2});
    CHECK(rig.analysed() == Frames{0, 2});
    CHECK(rig.session.counts().skipped == 1);
}

TEST_CASE("InferenceSession: answers say when their frame arrived, windows when they began") {
    SessionOptions options{"a"};
    double wall_clock = 1796000000;
    options.wall_clock = [&] { return wall_clock; };
    std::vector<FrameAnswer> answers;
    std::vector<WindowAccuracy> windows;
    InferenceSession session(
        options, [](std::int64_t) { return std::span<const Annotation>(); },
        [](const FrameHeader&, const FrameImage&) {
            return InferenceSession::Analysis{"base", {}};
        },
        [&](const FrameAnswer& answer) { answers.push_back(answer); },
        [&](WindowAccuracy accuracy) { windows.push_back(std::move(accuracy)); });
    session.arrived({"a", 0, 0, 0, 20, 20, {}}, {}, 100);
    wall_clock += 3;
    session.step([] { return 103.0; });  // answered three seconds after it had arrived
    session.arrived({"a", 0, 1, 0.1, 20, 20, {}}, {}, 103);
    session.step([] { return 103.0; });
    session.arrived(WindowEnd{"a", 0, 0, 2, 10, true, false});
    session.step([] { return 103.0; });
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].utc == "2026-11-30T00:53:20Z");
    CHECK(answers[1].utc == "2026-11-30T00:53:23Z");
    REQUIRE(windows.size() == 1);
    CHECK(windows[0].utc == answers[0].utc);
}
