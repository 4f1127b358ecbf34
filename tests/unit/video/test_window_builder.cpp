#include <doctest/doctest.h>

#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/video/image_files.hpp"
#include "ekya/video/window_builder.hpp"

using namespace ekya;

namespace {

Frame frame_at(std::int64_t index, Seconds time) {
    Frame frame;
    frame.index = index;
    frame.time = time;
    frame.set_image({4, 2, std::vector<std::uint8_t>(4 * 2 * 3, 7)});
    return frame;
}

struct Built {
    std::vector<BuiltWindow> windows;
    double wall_clock = 1796000000;
    WindowBuilder builder;
    explicit Built(double fps = 10)
        : builder(
              [this] {
                  WindowBuilderOptions options;
                  options.stream = "cam";
                  options.window = 2;
                  options.wall_clock = [this] { return wall_clock; };
                  return options;
              }(),
              fps, [this](BuiltWindow window) { windows.push_back(std::move(window)); }) {}
};

}  // namespace

TEST_CASE(
    "WindowBuilder: windows end by the clock while the source is away, each with the reason") {
    Built built;
    built.builder.pass(9, "nothing is open yet");
    CHECK(built.windows.empty());
    built.builder.add(frame_at(0, 0), {});
    built.builder.add(frame_at(1, 0.1), {});
    built.builder.pass(1.9, "away");
    CHECK(built.windows.empty());
    built.builder.pass(4.5, "0.10 s: away");
    REQUIRE(built.windows.size() == 2);
    for (const auto& window : built.windows) {
        CHECK(window.manifest.gaps == std::vector<std::string>{"0.10 s: away"});
        CHECK(window.manifest.complete);
        CHECK(!window.manifest.last);
        CHECK(window.manifest.width == 4);
        CHECK(window.manifest.height == 2);
        CHECK(window.manifest.end_frame == 2);
        CHECK(window.seconds == 2);
    }
    CHECK(built.windows[0].manifest.frames.size() == 2);
    CHECK(built.windows[1].manifest.frames.empty());
    CHECK(built.windows[1].manifest.first_frame == 2);

    built.builder.pass(4.6, "away");  // told again in the same window
    built.builder.add(frame_at(2, 5), {});
    built.builder.finish();
    REQUIRE(built.windows.size() == 3);
    CHECK(built.windows[2].manifest.window == 2);
    CHECK(built.windows[2].manifest.gaps.empty());
    CHECK(built.windows[2].manifest.first_frame == 2);
    CHECK(built.windows[2].manifest.frames.size() == 1);
}

TEST_CASE("WindowBuilder: the last window is complete if the source goes on behind it") {
    for (const bool ended : {true, false}) {
        Built built;
        built.builder.add(frame_at(0, 0), {});
        built.builder.add(frame_at(1, 1.5), {});  // a slow camera: nothing more in this window
        built.builder.finish(ended);
        REQUIRE(built.windows.size() == 1);
        CHECK(built.windows[0].manifest.complete == !ended);
        CHECK(built.windows[0].manifest.last == ended);
        CHECK(built.windows[0].seconds == doctest::Approx(ended ? 1.6 : 2));
    }
}

TEST_CASE("WindowBuilder: a window that a source left empty covers nothing") {
    Built built;
    built.builder.add(frame_at(0, 0), {});
    built.builder.pass(5, "away");
    built.builder.finish();
    REQUIRE(built.windows.size() == 3);
    CHECK(built.windows[2].seconds == 0);
    CHECK(!built.windows[2].manifest.complete);
}

TEST_CASE("WindowBuilder: a manifest says when its recording began by the wall clock") {
    Built built;
    built.builder.add(frame_at(0, 0), {});
    built.wall_clock += 2.5;
    built.builder.add(frame_at(1, 2.1), {});
    built.wall_clock += 1.5;
    built.builder.finish();
    REQUIRE(built.windows.size() == 2);
    CHECK(built.windows[0].manifest.utc == "2026-11-30T00:53:20Z");
    CHECK(built.windows[1].manifest.utc == "2026-11-30T00:53:22Z");
}

TEST_CASE("WindowBuilder: of detection the sampled frames are kept and no crops are stored") {
    std::vector<BuiltWindow> windows;
    WindowBuilderOptions options;
    options.stream = "cam";
    options.window = 2;
    options.task = "detection";
    options.sample_every = 2;
    const auto keep = [&](BuiltWindow window) { windows.push_back(std::move(window)); };
    CHECK_THROWS_AS(WindowBuilder(options, 10, keep), DomainError);  // what would be learned from?
    options.keep_frames = "png";
    WindowBuilder builder(options, 10, keep);
    for (int i = 0; i < 4; ++i) builder.add(frame_at(i, 0.1 * i), {});
    builder.finish();
    REQUIRE(windows.size() == 1);
    const auto& manifest = windows[0].manifest;
    CHECK(manifest.task == "detection");
    CHECK(manifest.crop_size == 0);
    CHECK(manifest.crops == 0);
    CHECK(windows[0].crops.count() == 0);
    REQUIRE(windows[0].frames.size() == 2);
    CHECK(windows[0].frames[1].name == "frame-0000002.png");
    CHECK(decode_image(windows[0].frames[1].bytes).width == 4);
    CHECK(manifest.frames[1].image.empty());
    CHECK(manifest.frames[2].image == "frame-0000002.png");
}

TEST_CASE("WindowBuilder: a manifest says how much is seen around the boxes of its crops") {
    std::vector<BuiltWindow> windows;
    WindowBuilderOptions options;
    options.crop_margin = 0.2;
    WindowBuilder builder(options, 10, [&](BuiltWindow w) { windows.push_back(std::move(w)); });
    builder.add(frame_at(0, 0), {{0, 0, 2, 2}});
    builder.finish();
    REQUIRE(windows.size() == 1);
    CHECK(windows[0].manifest.crop_margin == 0.2);
    CHECK(windows[0].manifest.crops == 1);
    CHECK(windows[0].manifest.task == "classification");
}

TEST_CASE("frame_number: counts on behind what was recorded, at the rate of the windows before") {
    CHECK(frame_number({}, 20, 25) == 500);
    WindowManifest first, second;
    first.start = 0, first.end = 10, first.first_frame = 0, first.end_frame = 50;
    second.start = 10, second.end = 20, second.first_frame = 50, second.end_frame = 70;
    // The source says 25 frames a second and sends 5; in the second window it was away for a while.
    CHECK(frame_number({first, second}, 20, 25) == 70);
    CHECK(frame_number({first, second}, 24.1, 25) == 70 + 21);
    CHECK(frame_number({first, second}, 15, 25) == 70);
    CHECK(frame_number({first}, 1e300, 25) > 50);
}
