// Files whose content is an attack: sizes, time stamps, tables, damage; and what they may cost.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>

#include "clip.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/video/frame_source.hpp"
#include "ekya/video/image_files.hpp"
#include "ekya/video/window_builder.hpp"
#include "live_source.hpp"
#include "loopback.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

struct Outcome {
    int frames = 0;
    Seconds last = -1, longest_step = 0;
    std::vector<std::string> gaps;
    std::string refusal;  // empty = it was opened
};

Outcome outcome_of(const std::string& file, const FrameSourceOptions& options = {}) {
    Outcome outcome;
    outcome.refusal = message_of<InputError>([&] {
        FrameSource source(file, options);
        std::int64_t index = -1;
        for (Frame frame; source.next(frame); ++outcome.frames) {
            CHECK(frame.index > index);
            CHECK(frame.time > outcome.last);
            CHECK(std::isfinite(frame.time));
            if (outcome.frames > 0)
                outcome.longest_step = std::max(outcome.longest_step, frame.time - outcome.last);
            index = frame.index;
            outcome.last = frame.time;
            if (outcome.frames < 3) CHECK(frame.image().width == source.width());
        }
        outcome.gaps = source.take_gaps();
        CHECK(outcome.gaps.size() <= limits::told_gaps + 1);
    });
    return outcome;
}

/// Megabytes that this process has had at most.
double peak() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

std::string four_bytes(std::uint32_t value) {
    return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
            static_cast<char>(value >> 8), static_cast<char>(value)};
}

void put(std::string& bytes, std::size_t place, const std::string& what) {
    REQUIRE(place + what.size() <= bytes.size());
    bytes.replace(place, what.size(), what);
}

/// Of the picture in a frame header of JPEG.
void set_jpeg_size(std::string& bytes, int width, int height) {
    const std::string size{static_cast<char>(height >> 8), static_cast<char>(height),
                           static_cast<char>(width >> 8), static_cast<char>(width)};
    for (auto at = bytes.find("\xFF\xC0"); at != std::string::npos;
         at = bytes.find("\xFF\xC0", at + 2))
        if (at + 9 <= bytes.size()) put(bytes, at + 5, size);
}

}  // namespace

TEST_CASE("FrameSource: no time stamps of a file make its time leap") {
    const Scratch scratch;
    using Times = std::function<std::int64_t(int)>;
    const struct {
        const char* name;
        Times milliseconds;
        Seconds longest_step;
        bool told;
    } attacks[] = {
        {"one leap of three years",
         [](int i) { return i < 20 ? 40LL * i : 100'000'000'000 + 40LL * i; }, 1, true},
        {"a leap at every frame", [](int i) { return 10'000'000LL * i; }, 1, true},
        {"a frame every four minutes", [](int i) { return 250'000LL * i; }, limits::leap_seconds,
         true},
        {"faster and faster", [](int i) { return std::int64_t{1} << std::min(i, 40); },
         limits::leap_seconds, true},
        {"far from zero", [](int i) { return 4'000'000'000'000LL + 40 * i; }, 1, false},
        {"before zero", [](int i) { return -2000 + 40LL * i; }, 1, false},
        {"one millisecond each", [](int i) { return std::int64_t{i}; }, 1, false},
    };
    for (const auto& attack : attacks) {
        CAPTURE(attack.name);
        write_clip(scratch.file("a.nut"),
                   {.codec = "mjpeg", .frames = 40, .milliseconds = attack.milliseconds});
        const auto outcome = outcome_of(scratch.file("a.nut"));
        CHECK(outcome.refusal.empty());
        CHECK(outcome.frames == 40);
        CHECK(outcome.longest_step <= attack.longest_step);
        const bool told = std::ranges::any_of(outcome.gaps, [](const auto& gap) {
            return contains(gap, "timestamps leap ahead by");
        });
        CHECK(told == attack.told);
    }
}

TEST_CASE(
    "FrameSource: a live source's time stays near the clock's, whatever its time stamps say") {
    for (const int step : {9'000, 200, 3'600'000}) {
        CAPTURE(step);
        const Scratch scratch;
        write_clip(scratch.file("a.ts"), {.frames = 60, .milliseconds = [step](int i) {
                                              return std::int64_t{step} * i;
                                          }});
        const std::string bytes = read(scratch.file("a.ts"));
        const Loopback camera([&](int socket, int connection) {
            if (connection == 0) send_all(socket, bytes);
        });
        auto options = quick();
        options.max_reconnects = 0;
        const auto start = std::chrono::steady_clock::now();
        const auto outcome = outcome_of("tcp://" + camera.address(), options);
        const double waited =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        CHECK(outcome.frames > 50);
        CHECK(outcome.last <= waited + limits::ahead_seconds + 0.1);
    }
}

TEST_CASE("FrameSource: the size of a picture is limited before memory is asked for") {
    const Scratch scratch;
    const double before = peak();
    for (const char* container : {"a.mkv", "a.avi", "a.mjpeg"}) {
        write_clip(scratch.file(container), {.codec = "mjpeg", .frames = 3});
        for (const auto& [width, height] :
             {std::pair{16384, 16384}, {65535, 65535}, {65500, 1000}, {30000, 30000}, {0, 0}}) {
            CAPTURE(container);
            CAPTURE(width);
            auto bytes = read(scratch.file(container));
            set_jpeg_size(bytes, width, height);
            const auto file = scratch.file(std::string("x-") + container);
            write(file, bytes);
            const auto outcome = outcome_of(file);
            CAPTURE(outcome.refusal);
            CHECK(!outcome.refusal.empty());
        }
    }
    CHECK(peak() - before < 700);
}

TEST_CASE("FrameSource: pictures of one pixel, of one row and of one column") {
    const Scratch scratch;
    for (const auto& [width, height] :
         {std::pair{1, 1}, {2, 2}, {1, 300}, {300, 1}, {16384, 2}, {2, 16384}, {17, 3}}) {
        CAPTURE(width);
        CAPTURE(height);
        write_clip(scratch.file("a.mkv"),
                   {.codec = "mjpeg", .frames = 3, .image = [w = width, h = height](int i) {
                        return numbered_image(i, w, h);
                    }});
        const auto outcome = outcome_of(scratch.file("a.mkv"));
        CHECK(outcome.refusal.empty());
        CHECK(outcome.frames == 3);
    }
}

TEST_CASE("FrameSource: a picture that grows beyond the limit in mid-stream is left out") {
    const Scratch scratch;
    write_clip(scratch.file("a.mjpeg"), {.codec = "mjpeg", .frames = 6});
    const auto sound = read(scratch.file("a.mjpeg"));
    auto bomb = sound;
    set_jpeg_size(bomb, 30000, 30000);
    write(scratch.file("b.mjpeg"), sound + bomb + sound);
    const double before = peak();
    const auto outcome = outcome_of(scratch.file("b.mjpeg"));
    CHECK(outcome.refusal.empty());
    CHECK(outcome.frames >= 12);
    CHECK(outcome.frames < 18);
    CHECK(peak() - before < 500);
}

TEST_CASE("FrameSource: a codec that changes in mid-stream ends in frames and damage") {
    const Scratch scratch;
    std::string bytes;
    for (const std::string& codec : {std::string("mpeg4"), std::string("mpeg2video"),
                                     h264_if_possible(), std::string("mpeg4")}) {
        write_clip(scratch.file("a.ts"), {.codec = codec, .frames = 30});
        bytes += read(scratch.file("a.ts"));
    }
    write(scratch.file("b.ts"), bytes);
    const auto outcome = outcome_of(scratch.file("b.ts"));
    CHECK(outcome.refusal.empty());
    CHECK(outcome.frames >= 30);
    CHECK(outcome.longest_step < limits::leap_seconds);
}

TEST_CASE("FrameSource: numbers of MP4 tables that lie cost neither time nor memory") {
    const Scratch scratch;
    write_clip(scratch.file("a.mp4"), {.frames = 25});
    const auto whole = read(scratch.file("a.mp4"));
    const struct {
        const char* box;
        std::size_t offset;  // behind the box's name
        std::string value;
    } attacks[] = {
        {"stsz", 4, four_bytes(1) + four_bytes(0x7fffffff)},  // that many samples of one byte
        {"stsz", 8, four_bytes(0xffffffff)},
        {"stsz", 8, four_bytes(0x10000000)},
        {"stts", 4, four_bytes(0xffffffff)},
        {"stts", 8, four_bytes(0x7fffffff)},
        {"stts", 12, four_bytes(0xffffffff)},
        {"stts", 12, four_bytes(0x7fffffff)},
        {"stts", 12, four_bytes(0)},
        {"stsc", 4, four_bytes(0x7fffffff)},
        {"stsc", 12, four_bytes(0x7fffffff)},
        {"stco", 4, four_bytes(0x7fffffff)},
        {"stco", 8, four_bytes(0xfffffff0)},
        {"stss", 4, four_bytes(0x7fffffff)},
        {"mdhd", 12, four_bytes(0)},  // time scale
        {"mdhd", 12, four_bytes(1)},
        {"mdhd", 12, four_bytes(0xffffffff)},
        {"mdhd", 16, four_bytes(0xffffffff)},  // duration
        {"mvhd", 12, four_bytes(0)},
        {"elst", 4, four_bytes(0x7fffffff)},
        {"elst", 8, four_bytes(0xffffffff)},
        {"elst", 12, four_bytes(0x7fffffff)},
        {"tkhd", 76, four_bytes(0xffffffff) + four_bytes(0xffffffff)},
        {"mp4v", 24, four_bytes(0x40004000)},  // 16384 x 16384
        {"mp4v", 24, four_bytes(0xffffffff)},
        {"mp4v", 24, four_bytes(0x00010001)},
        {"esds", 4, four_bytes(0x0380ffff)},
        {"stsd", 4, four_bytes(0x7fffffff)},
        {"hdlr", 8, "soun"},
        {"hdlr", 8, "text"},
        {"moov", 4, four_bytes(0xffffffff)},
        {"trak", 0, four_bytes(0)},
    };
    const double before = peak();
    for (const auto& attack : attacks) {
        CAPTURE(attack.box);
        CAPTURE(attack.offset);
        auto bytes = whole;
        const auto box = bytes.find(attack.box);
        REQUIRE(box != std::string::npos);
        put(bytes, box + 4 + attack.offset, attack.value);
        write(scratch.file("x.mp4"), bytes);
        const auto start = std::chrono::steady_clock::now();
        const auto outcome = outcome_of(scratch.file("x.mp4"));
        CAPTURE(outcome.refusal);
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
        CHECK(outcome.frames <= 25);
        CHECK(outcome.longest_step <= limits::leap_seconds);
        CHECK((outcome.frames > 0 || contains(outcome.refusal, "x.mp4: ")));
        if (attack.value == "soun") CHECK(contains(outcome.refusal, "has no video stream"));
    }
    CHECK(peak() - before < 700);
}

TEST_CASE("FrameSource: rates that nobody has count as unknown") {
    const Scratch scratch;
    for (const int fps : {1, 1000, 2'000'000}) {
        write_clip(scratch.file("a.nut"), {.codec = "mjpeg", .frames = 10, .fps = fps});
        FrameSource source(scratch.file("a.nut"));
        CHECK(source.fps() >= limits::lowest_fps);
        CHECK(source.fps() <= limits::highest_fps);
    }
    write_clip(scratch.file("slow.nut"), {.codec = "mjpeg", .frames = 5, .milliseconds = [](int i) {
                                              return 86'400'000LL * i;
                                          }});
    CHECK(FrameSource(scratch.file("slow.nut")).fps() >= limits::lowest_fps);
}

TEST_CASE("FrameSource: images that are none are passed over, and told of up to a limit") {
    const Scratch scratch;
    const std::string sound = encode_image(numbered_image(1), "png");
    write(scratch.file("000.png"), sound);
    std::filesystem::create_symlink("loop.png", scratch.file("loop.png"));
    std::filesystem::create_symlink("/dev/zero", scratch.file("zero.png"));
    std::filesystem::create_symlink(".", scratch.file("here"));
    std::filesystem::create_directory(scratch.file("directory.png"));
    REQUIRE(mkfifo(scratch.file("pipe.png").c_str(), 0600) == 0);
    write(scratch.file("001.png"), "");
    write(scratch.file("002.png"), sound.substr(0, sound.size() / 2));
    write(scratch.file("003.png"), "GIF89a");
    write(scratch.file("004\x1b[2J.jpg"), "\xFF\xD8");
    for (int i = 100; i < 400; ++i) write(scratch.file(std::to_string(i) + ".jpg"), "no image");
    write(scratch.file("999.png"), encode_image(numbered_image(2, 64, 32), "png"));
    const auto outcome = outcome_of(scratch.file(""));
    CHECK(outcome.frames == 2);
    REQUIRE(outcome.gaps.size() == limits::told_gaps + 1);
    CHECK(contains(outcome.gaps.back(), "and 205 more"));
}

TEST_CASE("WindowBuilder: time stamps alone do not fill a disk with windows") {
    int windows = 0;
    WindowBuilderOptions options;
    options.stream = "cam";
    options.window = 2;
    WindowBuilder builder(options, 10, [&](const BuiltWindow&) { ++windows; });
    Frame frame;
    frame.set_image({4, 2, std::vector<std::uint8_t>(4 * 2 * 3, 7)});
    const auto message = message_of<InputError>([&] {
        for (frame.index = 0; frame.index < 1000; ++frame.index) {
            frame.time = 250.0 * static_cast<double>(frame.index);
            builder.add(frame, {});
        }
    });
    CHECK(contains(message, "too many windows of 2 s have no frame: 248 of 251"));
    CHECK(windows <= limits::empty_windows + 5);
    CHECK(builder.any());
}

TEST_CASE("WindowBuilder: of very many gaps the first are told, of the others how many there are") {
    std::vector<std::string> gaps;
    WindowBuilderOptions options;
    options.stream = "cam";
    options.window = 2;
    WindowBuilder builder(options, 10, [&](const BuiltWindow& w) { gaps = w.manifest.gaps; });
    Frame frame;
    frame.set_image({4, 2, std::vector<std::uint8_t>(4 * 2 * 3, 7)});
    builder.add(frame, {});
    for (int i = 0; i < 1000; ++i) builder.note(1, {"gap"});
    builder.finish();
    REQUIRE(gaps.size() == limits::told_gaps + 1);
    CHECK(gaps.back() == "and 900 more");
}
