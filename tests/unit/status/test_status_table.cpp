#include <doctest/doctest.h>

#include <algorithm>

#include "ekya/status/status_table.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using test::contains;

namespace {

CameraStatus camera(const std::string& stream) {
    CameraStatus c;
    c.stream = stream;
    c.state = CameraStatus::State::live;
    c.model = "w00123-e15-f0.5-all-b32-h0-lr0.02";
    c.model_since = 1000;
    c.score = ScoreStatus{ScoreStatus::Kind::agreement, 7, 0.84, 41, 0.72, 0.92};
    c.seen_fps = 29.97;
    c.analysed_fps = 14.98;
    c.lost = 123'456;
    c.latency = 1.234;
    c.share_granted = 0.333;
    c.share_used = 0.25;
    return c;
}

StoreStatus status_of(std::vector<CameraStatus> cameras) {
    StoreStatus status;
    status.store = "cameras";
    status.time = 1000 + 3 * 86400;
    status.cameras = std::move(cameras);
    return status;
}

std::string all(const std::vector<StatusLine>& lines) {
    std::string text;
    for (const auto& line : lines) text += line.text + "\n";
    return text;
}

}  // namespace

TEST_CASE("camera_lines: all columns fit 100, the least important go first below") {
    const auto status = status_of({camera("a-camera-with-a-name-that-is-long"), camera("b")});
    for (const std::size_t width : {100, 80, 60, 40, 20, 5}) {
        CAPTURE(width);
        for (const auto& line : camera_lines(status, width)) CHECK(line.text.size() <= width);
    }
    const auto full = camera_lines(status, 100);
    REQUIRE(full.size() == 3);
    CHECK(full[0].text ==
          "CAMERA            STATE  SCORE                      SEEN/s  DONE/s  LOST    DELAY      "
          "SHARE  MODEL");
    CHECK(contains(full[1].text, "a-camera-with-..  live   agrees 84 % (72-92, n 41)"));
    CHECK(contains(all(camera_lines(status, 80)), "DONE/s"));
    CHECK_FALSE(contains(all(camera_lines(status, 80)), "SHARE"));
    CHECK(contains(all(camera_lines(status, 40)), "STATE"));
}

TEST_CASE("camera_lines: agreement is not called accuracy") {
    auto scored = camera("b");
    scored.score = ScoreStatus{ScoreStatus::Kind::accuracy, 7, 0.5, 1500, {}, {}};
    auto unknown = camera("c");
    unknown.score.reset();
    unknown.model_since.reset();
    unknown.share_used.reset();
    unknown.share_granted = 0;
    const auto text = all(camera_lines(status_of({camera("a"), scored, unknown}), 120));
    CHECK(contains(text, "agrees 84 % (72-92, n 41)"));
    CHECK(contains(text, "50 % (n 1500)"));
    CHECK(contains(text, "123k"));
    CHECK(contains(text, "1234 ms"));
    CHECK(contains(text, "0.25/0.33"));
    CHECK(contains(text, "-/all"));
    CHECK(contains(text, "w00123"));
    CHECK(contains(text, "3 d"));
}

TEST_CASE("camera_lines: what is wrong and what trains stands below its camera") {
    auto a = camera("a");
    a.problems = {"away since yesterday: " + std::string(400, 'x')};
    a.training = TrainingStatus{7, "e5", true, false, 0.34, 43.4};
    a.notes = {"few labels"};
    const auto lines = camera_lines(status_of({a, camera("b")}), 100);
    REQUIRE(lines.size() == 8);
    CHECK(lines[1].is_bad);
    CHECK(lines[2].is_bad);
    CHECK(contains(lines[2].text, "  ! away since yesterday"));
    CHECK(lines[2].text.size() == 100);
    CHECK(lines[3].text == "    " + std::string(96, 'x'));
    CHECK(lines[4].text == "    " + std::string(94, 'x') + "..");  // no more than three lines
    CHECK(lines[5].text == "  retrains e5, share 0.34, ends in 43 s");
    CHECK(lines[6].text == "  few labels");
    CHECK_FALSE(lines[7].is_bad);

    auto b = camera("b");
    b.problems = {
        "recording has failed, and waits to be started again: rtsp://10.0.0.7/stream1: "
        "cannot be opened as video: Connection refused"};
    const auto broken = camera_lines(status_of({b}), 80);
    REQUIRE(broken.size() == 4);
    CHECK(broken[2].text == "  ! recording has failed, and waits to be started again:");
    CHECK(broken[3].text ==
          "    rtsp://10.0.0.7/stream1: cannot be opened as video: Connection refused");
}

TEST_CASE("heading_lines: who, which window, what runs, how much room") {
    auto status = status_of({});
    status.health = StoreStatus::Health::degraded;
    status.holder = StoreHolder{"ekya-serve", 4711, "2026-11-29T21:00:00Z"};
    status.window = 12;
    status.window_seconds = 200;
    status.window_left = 81.4;
    status.jobs = {"a.train", "label"};
    status.disk_free = 41.24e9;
    status.disk_size = 100e9;
    status.problems = {"the disk has no room: nothing is recorded"};
    CHECK(all(heading_lines(status, 100)) ==
          "cameras: degraded\n"
          "ekya-serve, process 4711, since 2026-11-29T21:00:00Z\n"
          "window 12 of 200 s ends in 81 s; runs a.train, label\n"
          "disk: 41.2 GB of 100.0 GB free\n"
          "! the disk has no room: nothing is recorded\n");
}

TEST_CASE("order_cameras: by each key, alike ones by name") {
    auto slow = camera("c"), bad = camera("d"), old = camera("b");
    slow.analysed_fps = 1;
    slow.score.reset();  // not known is not worst
    bad.problems = {"away"};
    bad.score->value = 0.1;
    old.model_since = 1;
    auto status = status_of({slow, bad, camera("a"), old});
    const auto names = [&](CameraOrder order) {
        order_cameras(status, order);
        std::string text;
        for (const auto& c : status.cameras) text += c.stream;
        return text;
    };
    CHECK(names(CameraOrder::name) == "abcd");
    CHECK(names(CameraOrder::state) == "dabc");
    CHECK(names(CameraOrder::score) == "dabc");
    CHECK(names(CameraOrder::speed) == "cabd");
    CHECK(names(CameraOrder::age) == "bacd");
}

TEST_CASE("shortened: counts characters and cuts none in two") {
    CHECK(shortened("gate", 4) == "gate");
    CHECK(shortened("gates", 4) == "ga..");
    CHECK(shortened("g\xc3\xa4\xc3\xa4\xc3\xa4", 4) == "g\xc3\xa4\xc3\xa4\xc3\xa4");
    CHECK(shortened("g\xc3\xa4\xc3\xa4\xc3\xa4te", 4) == "g\xc3\xa4..");
    CHECK(shortened("gates", 0).empty());
}
