#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/video/frame_teacher.hpp"
#include "ekya/video/image_files.hpp"
#include "onnx_writer.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

std::string plain_image(const Scratch& scratch, const std::string& name, int width, int height,
                        int blue = 0, int green = 0, int red = 0) {
    FrameImage image{width, height, {}};
    for (int i = 0; i < width * height; ++i)
        for (const int value : {blue, green, red})
            image.bgr.push_back(static_cast<std::uint8_t>(value));
    const auto file = scratch.file(name);
    write(file, encode_image(image, name.substr(name.size() - 3)));
    return file;
}

}  // namespace

TEST_CASE("annotation_frame_teacher: boxes of the frame, clipped to its own size") {
    const Scratch scratch;
    write(scratch.file("boxes.csv"),
          "frame,class,x0,y0,x1,y1\n0,car,-5,2,8,60\n0,bus,1,1,4,4\n7,car,50,20,90,40\n"
          "9,car,50,20,90,40\n");
    const std::vector<std::string> classes{"car", "bus", "tram"};  // a tram never comes
    const auto teacher =
        annotation_frame_teacher(read_annotations(scratch.file("boxes.csv"), classes));
    const auto small = plain_image(scratch, "small.jpg", 40, 30);
    const auto large = plain_image(scratch, "large.png", 80, 60);
    CHECK(teacher->look_at(0, small) ==
          std::vector<LabelledBox>{{{0, 2, 8, 30}, "car"}, {{1, 1, 4, 4}, "bus"}});
    CHECK(teacher->look_at(7, large) == std::vector<LabelledBox>{{{50, 20, 80, 40}, "car"}});
    CHECK(teacher->look_at(8, large).empty());
    CHECK(contains(message_of<InputError>([&] { (void)teacher->look_at(9, small); }),
                   "boxes.csv:5: the box lies completely outside the frame of 40 x 30 pixels"));
    CHECK(teacher->classes().empty());
    CHECK(contains(message_of<InputError>([&] { (void)teacher->look_at(7, "nosuch.jpg"); }),
                   "nosuch.jpg"));
}

TEST_CASE("detector_frame_teacher: boxes of each frame's own size; none in an empty frame") {
    const Scratch scratch;
    write(scratch.file("m.onnx"), cell_means(32, 3));
    write(scratch.file("m.names"), "one\ntwo\nthree\nfour\n");
    const auto teacher = detector_frame_teacher(
        OnnxDetector(scratch.file("m.onnx"), {.min_score = 0.3, .max_overlap = 0}),
        TeacherEffort::once);
    CHECK(teacher->classes() == std::vector<std::string>{"one", "two", "three", "four"});
    const auto small = teacher->look_at(0, plain_image(scratch, "a.png", 64, 64, 204, 102, 51));
    const auto large = teacher->look_at(1, plain_image(scratch, "b.png", 128, 256, 204, 102, 51));
    REQUIRE(!small.empty());
    REQUIRE(small.size() == large.size());
    CHECK(small[0].class_name == "two");
    CHECK(small[0].score == doctest::Approx(0.8).epsilon(0.001));
    CHECK_FALSE(small[0].ignore);
    CHECK(large[0].box.x1 == doctest::Approx(2 * small[0].box.x1).epsilon(0.001));
    CHECK(large[0].box.y1 == doctest::Approx(4 * small[0].box.y1).epsilon(0.001));
    CHECK(teacher->look_at(2, plain_image(scratch, "c.png", 64, 64)).empty());
}
