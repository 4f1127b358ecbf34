#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "ekya/core/errors.hpp"
#include "ekya/video/frame_source.hpp"
#include "ekya/video/teacher_effort.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

constexpr auto efforts = {TeacherEffort::once, TeacherEffort::flip, TeacherEffort::tiles,
                          TeacherEffort::full};

/// Black, but for white rectangles.
FrameImage with_rectangles(int width, int height, const std::vector<Box>& boxes) {
    FrameImage image{width, height,
                     std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3, 0)};
    for (const auto& box : boxes)
        for (int y = static_cast<int>(box.y0); y < box.y1; ++y)
            for (int x = static_cast<int>(box.x0); x < box.x1; ++x)
                for (int channel = 0; channel < 3; ++channel)
                    image.bgr[(static_cast<std::size_t>(y) * width + x) * 3 + channel] = 255;
    return image;
}

/// Finds the rectangle around all that is white, if its side is a share of the picture at least:
/// small objects are not seen.
std::vector<Detection> find_white(const FrameImage& image, double least_share) {
    Box box{1e9, 1e9, 0, 0};
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x)
            if (image.bgr[(static_cast<std::size_t>(y) * image.width + x) * 3] > 0)
                box = {std::min<double>(box.x0, x), std::min<double>(box.y0, y),
                       std::max<double>(box.x1, x + 1), std::max<double>(box.y1, y + 1)};
    if (!(box.width() >= least_share * image.width)) return {};
    return {{box, "white", 0.8}};
}

}  // namespace

TEST_CASE("looks_of: the whole frame first, tiles inside it that cover it") {
    CHECK(looks_of(TeacherEffort::once, 70, 35) == std::vector<Look>{{0, 0, 70, 35}});
    CHECK(looks_of(TeacherEffort::flip, 70, 35) ==
          std::vector<Look>{{0, 0, 70, 35}, {0, 0, 70, 35, true}});
    CHECK(looks_of(TeacherEffort::tiles, 700, 350) == std::vector<Look>{{0, 0, 700, 350},
                                                                        {0, 0, 400, 200},
                                                                        {300, 0, 700, 200},
                                                                        {0, 150, 400, 350},
                                                                        {300, 150, 700, 350}});
    CHECK(looks_of(TeacherEffort::full, 700, 350).size() == 18);
    CHECK(looks_of(TeacherEffort::tiles, 700, 50).size() == 1);  // too low for tiles
    for (const auto& name : {"once", "flip", "tiles", "full"})
        CHECK_NOTHROW((void)teacher_effort_from(name));
    CHECK_THROWS_AS((void)teacher_effort_from("more"), DomainError);
}

TEST_CASE("detect_with_effort: boxes of all looks come back to their place in the frame") {
    for (const Box object : {Box{10, 20, 40, 60}, Box{500, 300, 560, 340}, Box{330, 150, 370, 200}})
        for (const auto effort : efforts) {
            const auto found =
                detect_with_effort([](const FrameImage& image) { return find_white(image, 0.01); },
                                   with_rectangles(600, 360, {object}), effort);
            REQUIRE(found.size() == 1);
            CHECK(found[0].box.x0 == doctest::Approx(object.x0));
            CHECK(found[0].box.y0 == doctest::Approx(object.y0));
            CHECK(found[0].box.x1 == doctest::Approx(object.x1));
            CHECK(found[0].box.y1 == doctest::Approx(object.y1));
            CHECK(found[0].score == doctest::Approx(0.8));
        }
}

TEST_CASE("detect_with_effort: tiles find what is too small in the frame, never a cut object") {
    const Box small{20, 20, 50, 60};
    const auto detect = [](const FrameImage& image) { return find_white(image, 0.06); };
    const auto image = with_rectangles(600, 360, {small});
    CHECK(detect_with_effort(detect, image, TeacherEffort::once).empty());
    CHECK(detect_with_effort(detect, image, TeacherEffort::flip).empty());
    const auto found = detect_with_effort(detect, image, TeacherEffort::tiles);
    REQUIRE(found.size() == 1);
    CHECK(found[0].box.x1 == doctest::Approx(small.x1));
    // Found by the tile alone, though the whole frame could have: less sure.
    CHECK(found[0].score < 0.8);

    const Box long_object{20, 150, 580, 200};  // no tile has it whole
    const auto whole =
        detect_with_effort(detect, with_rectangles(600, 360, {long_object}), TeacherEffort::full);
    REQUIRE(whole.size() == 1);
    CHECK(whole[0].box.x0 == doctest::Approx(20));
    CHECK(whole[0].box.x1 == doctest::Approx(580));
    CHECK(whole[0].score == doctest::Approx(0.8));
}

TEST_CASE("detect_with_effort: a detector that finds nothing") {
    for (const auto effort : efforts)
        CHECK(detect_with_effort([](const FrameImage&) { return std::vector<Detection>(); },
                                 with_rectangles(64, 48, {}), effort)
                  .empty());
}

TEST_CASE("detect_with_effort: more effort finds what FastestDet finds in one look, and more") {
    const auto model = shared_data("models/fastestdet/FastestDet.onnx");
    const auto video = shared_data("videos/car-detection.mp4");
    if (!model || !video) return;
    constexpr double min_score = 0.3, ignore_score = 0.15;
    OnnxDetector detector(*model, {.min_score = ignore_score, .threads = 1});
    const Detect detect = [&](const FrameImage& image) {
        auto found = detector.detect(image);
        std::erase_if(found, [](const auto& d) {
            return d.class_name != "car" && d.class_name != "truck" && d.class_name != "bus";
        });
        return found;
    };
    FrameSource source(*video);
    Frame frame;
    std::map<TeacherEffort, int> objects;
    while (source.next(frame) && frame.index < 110) {
        if (frame.index < 55 || frame.index % 4 != 0) continue;
        const auto once = detect(frame.image());
        for (const auto effort : efforts) {
            const auto found = detect_with_effort(detect, frame.image(), effort);
            objects[effort] += static_cast<int>(std::count_if(
                found.begin(), found.end(), [](const auto& d) { return d.score >= min_score; }));
            for (const auto& object : once) {
                const bool again = std::any_of(found.begin(), found.end(), [&](const Detection& d) {
                    return d.score >= ignore_score && iou(d.box, object.box) >= 0.5;
                });
                CHECK((again || object.score < min_score));  // never background
            }
            for (const auto& d : found) CHECK(clip(d.box, frame.width, frame.height) == d.box);
        }
    }
    CHECK(objects[TeacherEffort::once] > 0);
    for (const auto effort : efforts) {
        CAPTURE(static_cast<int>(effort));
        CHECK(objects[effort] >= objects[TeacherEffort::once]);
    }
    CHECK(objects[TeacherEffort::full] > objects[TeacherEffort::once]);
    MESSAGE("objects found once, mirrored, in tiles, with all: "
            << objects[TeacherEffort::once] << ", " << objects[TeacherEffort::flip] << ", "
            << objects[TeacherEffort::tiles] << ", " << objects[TeacherEffort::full]);
}
