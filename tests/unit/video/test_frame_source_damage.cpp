#include <doctest/doctest.h>

#include <filesystem>

#include "clip.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/video/frame_source.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

struct Decoded {
    int frames = 0;
    int misplaced = 0;  // frames whose index is not the number in their picture
    std::int64_t last = -1;
    std::int64_t damaged = 0;
    std::vector<std::string> gaps;
};

Decoded decode(const std::string& file) {
    FrameSource source(file);
    Decoded decoded;
    Frame frame;
    while (source.next(frame)) {
        ++decoded.frames;
        decoded.misplaced += number_in(frame.image()) == static_cast<int>(frame.index) ? 0 : 1;
        CHECK(frame.index > decoded.last);
        decoded.last = frame.index;
    }
    decoded.damaged = source.damaged_packets();
    decoded.gaps = source.take_gaps();
    return decoded;
}

void cut(const std::string& file, double share) {
    const auto size = std::filesystem::file_size(file);
    std::filesystem::resize_file(file,
                                 static_cast<std::uintmax_t>(static_cast<double>(size) * share));
}

std::string complaint(const std::string& source) {
    return message_of<InputError>([&] { FrameSource opened(source); });
}

}  // namespace

TEST_CASE(
    "FrameSource: a file cut off gives the frames before the cut, one damaged packet and a gap") {
    const Scratch scratch;
    for (const std::string& name : std::vector<std::string>{"a.mp4", "a.mkv"}) {
        for (const std::string& codec : {std::string("mpeg4"), h264_if_possible()}) {
            CAPTURE(name);
            CAPTURE(codec);
            write_clip(scratch.file(name), {.codec = codec, .frames = 250});
            cut(scratch.file(name), 0.6);
            const auto decoded = decode(scratch.file(name));
            CHECK(decoded.frames > 100);
            CHECK(decoded.frames < 200);
            CHECK(decoded.misplaced == 0);
            CHECK(decoded.damaged == 1);
            REQUIRE(decoded.gaps.size() == 1);
            CHECK(contains(decoded.gaps[0], " s: the source ends here, "));
        }
    }
}

TEST_CASE("FrameSource: a transport stream cut off gives the frames before the cut") {
    const Scratch scratch;
    write_clip(scratch.file("a.ts"), {.frames = 250});
    cut(scratch.file("a.ts"), 0.6);
    const auto decoded = decode(scratch.file("a.ts"));
    CHECK(decoded.frames > 100);
    CHECK(decoded.frames < 200);
    CHECK(decoded.misplaced == 0);
    CHECK(decoded.damaged <= 1);  // the format has no length: only half a packet shows the cut
}

TEST_CASE("FrameSource: bytes damaged in the middle cost some frames and shift none") {
    const Scratch scratch;
    for (const std::string& name : std::vector<std::string>{"a.ts", "a.mp4", "a.mkv"}) {
        for (const std::string& codec : {std::string("mpeg4"), h264_if_possible()}) {
            CAPTURE(name);
            CAPTURE(codec);
            write_clip(scratch.file(name), {.codec = codec, .frames = 250});
            auto bytes = read(scratch.file(name));
            for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + bytes.size() / 50; ++i) {
                bytes[i] = static_cast<char>(i * 2654435761U >> 13);
            }
            write(scratch.file(name), bytes);
            const auto decoded = decode(scratch.file(name));
            CHECK(decoded.damaged > 0);
            CHECK(decoded.frames < 250);
            CHECK(decoded.frames > 200);
            CHECK(decoded.last == 249);
            CHECK(!decoded.gaps.empty());
            CHECK(decoded.misplaced <=
                  10);  // pictures that refer to a lost one, up to the next key frame
        }
    }
}

TEST_CASE("FrameSource: frames lost at the very start keep their numbers") {
    const Scratch scratch;
    write_clip(scratch.file("a.mkv"), {.codec = "mjpeg", .frames = 30});
    auto bytes = read(scratch.file("a.mkv"));
    const auto first_image = bytes.find("\xFF\xD8\xFF");
    REQUIRE(first_image != std::string::npos);
    for (std::size_t i = first_image; i < first_image + 200; ++i) {
        bytes[i] = 0;
    }
    write(scratch.file("a.mkv"), bytes);
    const auto decoded = decode(scratch.file("a.mkv"));
    CHECK(decoded.frames == 29);
    CHECK(decoded.misplaced == 0);
    CHECK(decoded.last == 29);
    CHECK(decoded.damaged == 1);
}

TEST_CASE("FrameSource: what is no video is an InputError that names source and reason") {
    const Scratch scratch;
    write(scratch.file("text.mp4"), "This is a text, and nobody would take it for a video.\n");
    write(scratch.file("empty.mp4"), "");
    write_clip(scratch.file("headless.mp4"), {});
    cut(scratch.file("headless.mp4"), 0.02);
    CHECK(contains(complaint(scratch.file("text.mp4")), "text.mp4: cannot be opened as video: "));
    CHECK(contains(complaint(scratch.file("empty.mp4")), "empty.mp4: cannot be "));
    CHECK(contains(complaint(scratch.file("headless.mp4")), "headless.mp4: "));
    CHECK(contains(complaint(scratch.file("none.mp4")), "none.mp4: no such file"));
    CHECK(contains(complaint(""), "no such file"));
    CHECK(contains(complaint("nosuchscheme://somewhere"),
                   "nosuchscheme://somewhere: cannot be opened as video: found nosuchscheme://"));
    write(scratch.file("list.ffconcat"), "ffconcat version 1.0\nfile missing.mp4\n");
    CHECK(contains(complaint(scratch.file("list.ffconcat")), "list.ffconcat: "));
}

TEST_CASE("FrameSource: a video without one decodable frame is an InputError") {
    const Scratch scratch;
    write_clip(scratch.file("a.mp4"), {.frames = 20});
    auto bytes = read(scratch.file("a.mp4"));
    for (std::size_t i = bytes.find("mdat") + 4; i < bytes.size(); ++i) {
        bytes[i] = 0;
    }
    write(scratch.file("a.mp4"), bytes);
    CHECK(contains(complaint(scratch.file("a.mp4")), "a.mp4: no frame can be decoded"));
}

TEST_CASE("FrameSource: random damage anywhere ends in frames or an InputError") {
    const Scratch scratch;
    for (const std::string& name : std::vector<std::string>{"a.mp4", "a.ts", "a.mkv", "a.avi"}) {
        write_clip(scratch.file(name), {.frames = 30});
        const auto whole = read(scratch.file(name));
        std::uint32_t random = 12345;
        for (int round = 0; round < 12; ++round) {
            auto bytes = whole;
            for (int i = 0; i < 40; ++i) {
                random = random * 1664525 + 1013904223;
                bytes[random % bytes.size()] = static_cast<char>(random >> 24);
            }
            write(scratch.file(name), bytes);
            try {
                (void)decode(scratch.file(name));
            } catch (const InputError&) {}
        }
    }
}
