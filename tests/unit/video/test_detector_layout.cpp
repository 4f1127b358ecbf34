#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "detector_layout.hpp"
#include "ekya/core/errors.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

const cv::Size input(64, 64), frame_size(128, 64);  // letterboxed: half the size, 16 rows of grey
constexpr int few_cells = 8 * 8 + 4 * 4 + 2 * 2;

cv::Mat zeros(const std::vector<int>& shape) {
    return cv::Mat(static_cast<int>(shape.size()), shape.data(), CV_32F, cv::Scalar(0)).clone();
}

PreparedFrame frame_for(DetectorLayout layout) {
    return prepare_frame(layout, cv::Mat(frame_size, CV_8UC3, cv::Scalar(10, 20, 200)), input);
}

void check_box(const Box& box, double x0, double y0, double x1, double y1) {
    CHECK(box.x0 == Approx(x0));
    CHECK(box.y0 == Approx(y0));
    CHECK(box.x1 == Approx(x1));
    CHECK(box.y1 == Approx(y1));
}

/// The one candidate of an output.
RawDetection only(DetectorLayout layout, const cv::Mat& output) {
    const auto found = candidates(layout, output, input, frame_for(layout), frame_size, 0.3);
    REQUIRE(found.size() == 1);
    return found.front();
}

}  // namespace

TEST_CASE("layout_of: each family is told by its shape, others are not") {
    CHECK(layout_of({1, 85, 22, 22}, {352, 352}) == DetectorLayout::fastestdet);
    CHECK(layout_of({1, 25200, 85}, {640, 640}) == DetectorLayout::yolov5);
    CHECK(layout_of({1, 8400, 85}, {640, 640}) == DetectorLayout::yolox);
    CHECK(layout_of({1, 84, 8400}, {640, 640}) == DetectorLayout::yolov8);
    CHECK(layout_of({1, 1, 100, 7}, {300, 300}) == DetectorLayout::ssd);
    for (const std::vector<int>& shape :
         {std::vector<int>{1, 1000}, {1, 300, 6}, {2, 84, 8400}, {1, 5, 7, 7}})
        CHECK_FALSE(layout_of(shape, {640, 640}));
    CHECK(classes_in(DetectorLayout::yolov8, {1, 84, 8400}) == 80);
    CHECK_FALSE(classes_in(DetectorLayout::yolov8, {1, 4, 8400}));
    CHECK_THROWS_WITH_AS((void)detector_layout_from("yolo"),
                         "teacher layout: \"yolo\" is not one of fastestdet, yolov5, yolov8, "
                         "yolox, ssd",
                         ConfigError);
}

TEST_CASE("prepare_frame: letterboxed in RGB, at the top left in BGR, or stretched") {
    const auto v8 = frame_for(DetectorLayout::yolov8);
    CHECK(v8.scale_x == 0.5);
    CHECK(v8.offset_y == 16);
    CHECK(v8.blob.ptr<float>(0, 0, 32)[5] == Approx(200.0 / 255));  // red first
    CHECK(v8.blob.ptr<float>(0, 0, 3)[5] == Approx(114.0 / 255));
    const auto x = frame_for(DetectorLayout::yolox);
    CHECK(x.offset_y == 0);
    CHECK(x.blob.ptr<float>(0, 0, 3)[5] == Approx(10));
    CHECK(x.blob.ptr<float>(0, 0, 40)[5] == Approx(114));
    const auto fast = frame_for(DetectorLayout::fastestdet);
    CHECK(fast.blob.ptr<float>(0, 2, 60)[5] == Approx(200.0 / 255));
}

TEST_CASE("candidates: boxes come back in pixels of the frame, with class and score") {
    cv::Mat v5 = zeros({1, 3 * few_cells, 7});
    float* row = v5.ptr<float>(0, 9);
    for (const float value : {32.F, 32.F, 20.F, 10.F, 0.8F, 0.1F, 0.9F}) *row++ = value;
    auto found = only(DetectorLayout::yolov5, v5);
    check_box(found.box, 44, 22, 84, 42);
    CHECK(found.class_index == 1);
    CHECK(found.score == Approx(0.72));

    cv::Mat v8 = zeros({1, 6, few_cells});
    int channel = 0;
    for (const float value : {32.F, 32.F, 20.F, 10.F, 0.7F, 0.2F})
        v8.ptr<float>(0, channel++)[3] = value;
    found = only(DetectorLayout::yolov8, v8);
    check_box(found.box, 44, 22, 84, 42);
    CHECK(found.class_index == 0);
    CHECK(found.score == Approx(0.7));

    cv::Mat x = zeros({1, few_cells, 7});
    row = x.ptr<float>(0, 64 + 4 + 2);  // stride 16, row 1, column 2
    for (const float value : {0.5F, 0.F, 0.F, std::log(2.F), 0.9F, 0.F, 1.F}) *row++ = value;
    found = only(DetectorLayout::yolox, x);
    check_box(found.box, 64, 0, 96, 64);  // centre (40, 16), 16 x 32 pixels of the input
    CHECK(found.class_index == 1);

    cv::Mat ssd = zeros({1, 1, 2, 7});
    row = ssd.ptr<float>(0, 0, 0);
    for (const float value : {0.F, 3.F, 0.6F, 0.25F, 0.5F, 0.5F, 1.F}) *row++ = value;
    ssd.ptr<float>(0, 0, 1)[0] = -1;  // the end
    found = only(DetectorLayout::ssd, ssd);
    check_box(found.box, 32, 32, 64, 64);
    CHECK(found.class_index == 2);
}

TEST_CASE("candidates: NaN is never a detection") {
    cv::Mat v8 = zeros({1, 6, few_cells});
    v8.setTo(std::numeric_limits<float>::quiet_NaN());
    CHECK(candidates(DetectorLayout::yolov8, v8, input, frame_for(DetectorLayout::yolov8),
                     frame_size, 0.3)
              .empty());
}
