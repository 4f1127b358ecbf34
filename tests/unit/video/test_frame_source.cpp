#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "clip.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/video/frame_source.hpp"
#include "ekya/video/image_files.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

TEST_CASE("FrameSource: all frames of a clip with index, time and content, in several containers") {
    const Scratch scratch;
    for (const std::string& name : std::vector<std::string>{"a.mp4", "a.mkv", "a.ts", "a.avi"}) {
        for (const int b_frames : {0, 2}) {
            CAPTURE(name);
            CAPTURE(b_frames);
            const std::string codec = b_frames > 0 ? h264_if_possible() : "mpeg4";
            if (name == "a.avi" && b_frames > 0) {
                continue;
            }
            write_clip(scratch.file(name), {.codec = codec, .b_frames = b_frames});
            FrameSource source(scratch.file(name));
            CHECK(source.width() == clip_width);
            CHECK(source.height() == clip_height);
            CHECK(source.fps() == doctest::Approx(25));
            CHECK(!source.is_live());
            Frame frame;
            int count = 0;
            for (; source.next(frame); ++count) {
                CHECK(frame.index == count);
                CHECK(frame.time == doctest::Approx(count / 25.0).epsilon(0.001));
                CHECK(number_in(frame.image()) == count);
            }
            CHECK(count == 50);
            CHECK(!source.next(frame));
            CHECK(source.damaged_packets() == 0);
            CHECK(source.take_gaps().empty());
        }
    }
}

TEST_CASE("FrameSource: several decoder threads give the same frames") {
    const Scratch scratch;
    write_clip(scratch.file("a.mp4"), {.codec = h264_if_possible(), .b_frames = 2});
    FrameSource one(scratch.file("a.mp4")), two(scratch.file("a.mp4"), {.decoder_threads = 2});
    Frame a, b;
    while (one.next(a)) {
        REQUIRE(two.next(b));
        CHECK(a.index == b.index);
        CHECK(a.image().bgr == b.image().bgr);
    }
    CHECK(!two.next(b));
}

TEST_CASE(
    "FrameSource: auto decodes to the same frames, by a device or in software; what was asked for "
    "by name must be there") {
    const Scratch scratch;
    const auto file = scratch.file("a.mp4");
    write_clip(file, {.codec = h264_if_possible()});
    FrameSource software(file), automatic(file, {.decoder = "auto"});
    CHECK(software.decoder().ends_with(", software"));
    const auto found = hardware_decoders();
    for (const std::string name : {"cuda", "vaapi"}) {
        if (std::find(found.begin(), found.end(), name) != found.end()) continue;
        const auto message =
            message_of<InputError>([&] { FrameSource source(file, {.decoder = name}); });
        CHECK(contains(message, "decoder " + name + ": "));
        CHECK(contains(message, "a.mp4"));
    }
    if (found.empty()) CHECK(automatic.decoder() == software.decoder());
    Frame a, b;
    int count = 0;
    for (; software.next(a); ++count) {
        REQUIRE(automatic.next(b));
        CHECK(a.index == b.index);
        CHECK(number_in(b.image()) == count);
    }
    CHECK(count == 50);
    CHECK_THROWS_AS(FrameSource(file, {.decoder = "magic"}), DomainError);
}

TEST_CASE("hardware_decoders: each that is missing says why") {
    std::vector<std::string> why;
    const auto found = hardware_decoders(&why);
    CHECK(found.size() + why.size() == 2);
    for (const auto& reason : why) CHECK(reason.find(": ") != std::string::npos);
}

TEST_CASE("Frame: pixels are converted when they are first asked for, once") {
    int conversions = 0;
    Frame frame;
    frame.set_image(2, 1, [&](FrameImage& image) {
        ++conversions;
        image = {2, 1, {1, 2, 3, 4, 5, 6}};
    });
    CHECK(frame.width == 2);
    CHECK(frame.height == 1);
    CHECK(conversions == 0);
    CHECK(frame.image().bgr.size() == 6);
    CHECK(frame.image().bgr[5] == 6);
    CHECK(conversions == 1);
    frame.set_image(2, 1, [](FrameImage&) { throw InputError("cannot be converted"); });
    for (int i = 0; i < 2; ++i) {  // never the picture before in its place
        CHECK(message_of<InputError>([&] { (void)frame.image(); }) == "cannot be converted");
    }
}

TEST_CASE(
    "FrameSource: a frame that is looked at has its own pixels, whatever was passed over before "
    "it") {
    const Scratch scratch;
    write_clip(scratch.file("a.mp4"), {.codec = h264_if_possible(), .frames = 30, .b_frames = 2});
    FrameSource source(scratch.file("a.mp4"));
    Frame frame;
    while (source.next(frame)) {
        CHECK(frame.width == clip_width);
        if (frame.index % 7 == 3) {
            CHECK(number_in(frame.image()) == static_cast<int>(frame.index));
        }
    }
}

TEST_CASE("FrameSource: a file of variable rate counts its frames") {
    const Scratch scratch;
    const auto milliseconds = [](int i) {
        return std::int64_t{40} * i + (i > 10 ? 700 : 0) + i * i * 3;
    };
    write_clip(scratch.file("a.mkv"), {.frames = 40, .milliseconds = milliseconds});
    FrameSource source(scratch.file("a.mkv"));
    Frame frame;
    int count = 0;
    for (; source.next(frame); ++count) {
        CHECK(frame.index == count);
        CHECK(frame.time ==
              doctest::Approx(static_cast<double>(milliseconds(count)) / 1000).epsilon(0.002));
    }
    CHECK(count == 40);
}

TEST_CASE("FrameSource: raw video without timestamps runs at the rate given") {
    const Scratch scratch;
    write_clip(scratch.file("a.mjpeg"), {.codec = "mjpeg", .frames = 12});
    FrameSource source(scratch.file("a.mjpeg"), {.fps = 5});
    CHECK(source.fps() == doctest::Approx(5));
    Frame frame;
    int count = 0;
    for (; source.next(frame); ++count) {
        CHECK(frame.index == count);
        CHECK(frame.time == doctest::Approx(count / 5.0));
    }
    CHECK(count == 12);
}

TEST_CASE("FrameSource: colours come out right whatever matrix and range the video uses") {
    const Scratch scratch;
    const auto orange = [](int) {
        FrameImage image{64, 64, {}};
        for (int i = 0; i < 64 * 64; ++i) {
            image.bgr.insert(image.bgr.end(), {40, 120, 220});
        }
        return image;
    };
    for (const bool bt709 : {false, true}) {
        for (const std::string& codec : {h264_if_possible(), std::string("mjpeg")}) {
            if ((codec == "mjpeg" && bt709) || (codec == "mpeg4" && bt709)) {
                continue;  // these do not carry the matrix
            }
            CAPTURE(bt709);
            CAPTURE(codec);
            write_clip(scratch.file("a.mkv"),
                       {.codec = codec, .frames = 3, .bt709 = bt709, .image = orange});
            FrameSource source(scratch.file("a.mkv"));
            Frame frame;
            REQUIRE(source.next(frame));
            const auto* pixel = frame.image().bgr.data() + (32 * 64 + 32) * 3;
            CHECK(std::abs(pixel[0] - 40) <= 4);
            CHECK(std::abs(pixel[1] - 120) <= 4);
            CHECK(std::abs(pixel[2] - 220) <= 4);
        }
    }
}

TEST_CASE("FrameSource: rows are packed whatever the width") {
    const Scratch scratch;
    for (const int width : {322, 70, 64}) {
        CAPTURE(width);
        write_clip(scratch.file("a.mp4"),
                   {.frames = 3, .image = [&](int i) { return numbered_image(i, width, 50); }});
        FrameSource source(scratch.file("a.mp4"));
        Frame frame;
        int count = 0;
        for (; source.next(frame); ++count) {
            CHECK(frame.image().width == width);
            CHECK(frame.image().bgr.size() == static_cast<std::size_t>(width) * 50 * 3);
            CHECK(number_in(frame.image()) == count);
        }
        CHECK(count == 3);
    }
}

TEST_CASE("FrameSource: the size of the first frame holds; a change is noted") {
    const Scratch scratch;
    write_clip(scratch.file("small.mkv"), {.codec = "mjpeg", .frames = 10});
    write_clip(scratch.file("large.mkv"), {.codec = "mjpeg", .frames = 10, .image = [](int i) {
                                               return numbered_image(10 + i, 640, 192);
                                           }});
    write(scratch.file("both.ffconcat"), "ffconcat version 1.0\nfile small.mkv\nfile large.mkv\n");
    FrameSource source(scratch.file("both.ffconcat"));
    Frame frame;
    int count = 0;
    for (; source.next(frame); ++count) {
        CHECK(frame.image().width == clip_width);
        CHECK(frame.image().height == clip_height);
        CHECK(number_in(frame.image()) == count);
        CHECK(frame.index == count);
    }
    CHECK(count == 20);
    const auto gaps = source.take_gaps();
    REQUIRE(gaps.size() == 1);
    CAPTURE(gaps[0]);
    CHECK(contains(gaps[0], "0.40 s: frames of 640 x 192 from here on, scaled to 320 x 96"));
    CHECK(source.take_gaps().empty());
}

TEST_CASE("FrameSource: a list of files runs on, and may name files where it is allowed to") {
    const Scratch scratch, elsewhere;
    write_clip(scratch.file("a.mp4"), {.frames = 20});
    write_clip(elsewhere.file("b.mp4"),
               {.frames = 20, .image = [](int i) { return numbered_image(20 + i); }});
    write(scratch.file("l.ffconcat"),
          "ffconcat version 1.0\nfile a.mp4\nfile " + elsewhere.file("b.mp4") + "\n");
    FrameSource source(scratch.file("l.ffconcat"), {.allow = {elsewhere.file("")}});
    Frame frame;
    int count = 0;
    for (; source.next(frame); ++count) {
        CHECK(frame.index == count);
        CHECK(number_in(frame.image()) == count);
    }
    CHECK(count == 40);
    CHECK(source.take_gaps().empty());
}

TEST_CASE("FrameSource: a file name with a colon is no protocol") {
    const Scratch scratch;
    write_clip(scratch.file("http:clip.mp4"), {.frames = 3});
    std::filesystem::rename(scratch.file("http:clip.mp4"), scratch.file("12:30 cam%d.mp4"));
    Frame frame;
    CHECK(FrameSource(scratch.file("12:30 cam%d.mp4")).next(frame));
}

TEST_CASE("FrameSource: the real videos have all their frames, rightly numbered") {
    for (const auto& [name, frames, fps] : {std::tuple{"camvid/0001TP.mp4", 124, 1.0},
                                            {"camvid/0016E5.mp4", 305, 1.0},
                                            {"camvid/day-dusk.ffconcat", 429, 1.0},
                                            {"videos/car-detection.mp4", 377, 12.5}}) {
        const auto file = shared_data(name);
        if (!file) {
            continue;
        }
        CAPTURE(*file);
        FrameSource source(*file);
        CHECK(source.fps() == doctest::Approx(fps));
        Frame frame;
        int count = 0, wrong = 0;
        for (; source.next(frame); ++count) {
            wrong += frame.index != count || std::abs(frame.time - count / fps) > 1e-3 ? 1 : 0;
        }
        CHECK(count == frames);
        CHECK(wrong == 0);
        CHECK(source.damaged_packets() == 0);
        CHECK(source.take_gaps().empty());
    }
}

TEST_CASE("FrameSource: options out of range are named") {
    const auto complaint = [](const FrameSourceOptions& options) {
        return message_of<DomainError>([&] { FrameSource("/nothing", options); });
    };
    CHECK(contains(complaint({.fps = -1}), "fps"));
    CHECK(contains(complaint({.open_timeout = 0}), "open_timeout"));
    CHECK(contains(complaint({.read_timeout = std::nan("")}), "read_timeout"));
    CHECK(contains(complaint({.max_reconnects = -2}), "max_reconnects"));
    CHECK(contains(complaint({.first_backoff = 5, .longest_backoff = 1}), "longest_backoff"));
    CHECK(contains(complaint({.decoder_threads = -1}), "decoder_threads"));
}
