#include <doctest/doctest.h>

#include <filesystem>

#include "clip.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/video/frame_source.hpp"
#include "ekya/video/image_files.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

TEST_CASE("FrameSource: a directory of images in natural order at 1 fps, or as told") {
    const Scratch scratch;
    int number = 0;
    for (const char* name :
         {"frame2.png", "frame10.png", "frame010.PNG", "frame11.jpg", "g1.jpeg"}) {
        const bool png =
            std::string(name).find("p", 5) != std::string::npos && name[0] == 'f' && number != 3;
        write(scratch.file(name), encode_image(numbered_image(number++), png ? "png" : "jpg"));
    }
    write(scratch.file("notes.txt"), "not an image");
    std::filesystem::create_directory(scratch.file("x.png"));

    FrameSource source(scratch.file(""));
    CHECK(source.fps() == 1);
    CHECK(source.width() == clip_width);
    std::vector<int> order;
    Frame frame;
    while (source.next(frame)) {
        CHECK(frame.index == static_cast<std::int64_t>(order.size()));
        CHECK(frame.time == static_cast<double>(order.size()));
        order.push_back(number_in(frame.image()).value_or(-1));
    }
    CHECK(order == std::vector<int>{0, 2, 1, 3, 4});  // 010 before 10: the same number, so by bytes

    FrameSource faster(scratch.file(""), {.fps = 4});
    faster.next(frame);
    faster.next(frame);
    CHECK(frame.time == 0.25);
}

TEST_CASE("FrameSource: a damaged image is a hole, one of another size is scaled; both are noted") {
    const Scratch scratch;
    write(scratch.file("0.png"), encode_image(numbered_image(0), "png"));
    write(scratch.file("1.png"), "broken");
    write(scratch.file("2.png"), encode_image(numbered_image(2, 640, 192), "png"));
    write(scratch.file("3.png"), encode_image(numbered_image(3), "png"));
    FrameSource source(scratch.file(""));
    Frame frame;
    std::vector<std::int64_t> indices;
    while (source.next(frame)) {
        indices.push_back(frame.index);
        CHECK(frame.image().width == clip_width);
        CHECK(number_in(frame.image()) == frame.index);
    }
    CHECK(indices == std::vector<std::int64_t>{0, 2, 3});
    CHECK(source.damaged_packets() == 1);
    const auto gaps = source.take_gaps();
    REQUIRE(gaps.size() == 2);
    CHECK(contains(gaps[0], "1.00 s: "));
    CHECK(contains(gaps[0], "1.png"));
    CHECK(contains(gaps[1], "2.00 s: images of 640 x 192 from here on"));
}

TEST_CASE("FrameSource: a directory without a readable image is an InputError") {
    const Scratch scratch;
    CHECK(contains(message_of<InputError>([&] { FrameSource(scratch.file("")); }),
                   "no png, jpg, jpeg or bmp images"));
    write(scratch.file("a.png"), "broken");
    CHECK(contains(message_of<InputError>([&] { FrameSource(scratch.file("")); }),
                   "none of the 1 images can be read"));
}
