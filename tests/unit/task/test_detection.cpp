#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/task/task.hpp"
#include "ekya/task/training_data.hpp"
#include "ekya/video/image_files.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

const std::vector<std::string> classes{"car", "bus"};

FrameImage plain(int width, int height, std::uint8_t level = 90) {
    return {width, height,
            std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3, level)};
}

/// Frames of detection, all of them stored.
WindowManifest store_frames(const Store& store, int window, int count, int width = 64,
                            int height = 48) {
    WindowManifest manifest;
    manifest.stream = "a";
    manifest.window = window;
    manifest.start = 10 * window;
    manifest.end = manifest.start + 10;
    manifest.task = "detection";
    manifest.objects_from = "model";
    manifest.width = width;
    manifest.height = height;
    manifest.crop_size = 0;
    manifest.first_frame = 100 * window;
    manifest.end_frame = manifest.first_frame + count;
    std::vector<Store::KeptFrame> frames;
    for (int i = 0; i < count; ++i) {
        const std::string name = "frame-" + std::to_string(i) + ".png";
        manifest.frames.push_back({manifest.first_frame + i, manifest.start + i, name, {}});
        frames.push_back(
            {name, encode_image(plain(width, height, static_cast<std::uint8_t>(10 * window + i)),
                                "png")});
    }
    store.write_window(manifest, {}, frames);
    return manifest;
}

FrameLabel label(int frame, std::vector<LabelledBox> boxes) { return {frame, std::move(boxes)}; }
LabelledBox car(double x) { return {{x, 10, x + 20, 30}, "car", 1, false}; }

void store_labels(const Store& store, int window, std::vector<FrameLabel> frames) {
    LabelSet set;
    set.stream = "a";
    set.window = window;
    set.teacher = "annotations";
    set.frames = std::move(frames);
    store.write_labels(set);
}

const LabelledFrames& frames_of(const std::shared_ptr<Samples>& samples) {
    return dynamic_cast<const LabelledFrames&>(*samples);
}

}  // namespace

TEST_CASE(
    "detection: labelled frames with their pixels and boxes; classes that are not the stream's") {
    const test::Scratch scratch;
    const Store store(scratch / "s");
    store_frames(store, 0, 6);
    store_labels(
        store, 0,
        {label(0, {car(5)}), label(2, {}),
         label(5,
               {car(5), {{1, 1, 9, 9}, "tram", 1, false}, {{30, 1, 60, 9}, "tram", 0.2, true}})});
    TrainingDataRequest request;
    request.stream = "a";
    request.classes = classes;
    request.fresh_windows = {0};
    request.held_out = 0;
    const auto data = load_training_data(store, request);
    const auto& frames = frames_of(data.fresh);
    REQUIRE(frames.count() == 3);
    CHECK(frames.images[0]->bgr[0] == 0);
    CHECK(frames.images[2]->bgr[0] == 5);
    CHECK(frames.boxes[0] == std::vector<TargetBox>{{{5, 10, 25, 30}, 0, false}});
    CHECK(frames.boxes[1].empty());  // a frame without an object is learned from too
    // An object of another class is background, a place to be ignored stays one.
    CHECK(frames.boxes[2] ==
          std::vector<TargetBox>{{{5, 10, 25, 30}, 0, false}, {{30, 1, 60, 9}, 0, true}});
    CHECK(data.unknown == 2);
    CHECK(data.measured[2].moment == Approx(1));
}

TEST_CASE("detection: the memory takes frames of each class in turn, within its bytes") {
    const test::Scratch scratch;
    const Store store(scratch / "s");
    store_frames(store, 0, 10);
    store_frames(store, 1, 2);
    std::vector<FrameLabel> labels;
    for (int i = 0; i < 10; ++i) {
        labels.push_back(label(i, {car(5), car(40)}));
        if (i < 2) labels.back().boxes.push_back({{1, 1, 9, 9}, "bus", 1, false});
    }
    store_labels(store, 0, labels);
    store_labels(store, 1, {label(0, {car(3)})});
    TrainingDataRequest request;
    request.stream = "a";
    request.classes = classes;
    request.fresh_windows = {1};
    request.memory_before = 1;
    request.held_out = 0;
    request.exemplars = 4;
    const auto count_with_bus = [](const LabelledFrames& frames) {
        int count = 0;
        for (const auto& boxes : frames.boxes)
            for (const auto& box : boxes) count += box.label == 1 ? 1 : 0;
        return count;
    };
    const auto data = load_training_data(store, request);
    CHECK(data.exemplars->count() == 4);
    CHECK(count_with_bus(frames_of(data.exemplars)) == 2);
    request.memory.bytes = 3 * 64 * 48 * 3 + 10;
    CHECK(load_training_data(store, request).exemplars->count() == 3);
}

TEST_CASE("detection: labels of frames that the window has not, or no longer, are refused") {
    const test::Scratch scratch;
    const Store store(scratch / "s");
    const auto window = store_frames(store, 0, 3);
    TrainingDataRequest request;
    request.stream = "a";
    request.classes = classes;
    request.fresh_windows = {0};
    store_labels(store, 0, {label(7, {car(5)})});
    CHECK_THROWS_WITH_AS((void)load_training_data(store, request),
                         doctest::Contains("frame 7 is labelled, the window holds 3"), InputError);
    store_labels(store, 0, {label(1, {car(5)})});
    std::filesystem::remove(store.window_directory("a", 0) / window.frames[1].image);
    CHECK_THROWS_AS((void)load_training_data(store, request), InputError);
}

TEST_CASE("detection: the input has the frames' aspect, in whole cells of the coarsest level") {
    const Task& task = task_named("detection");
    WindowManifest window;
    const auto fitted = [&](int width, int height, int input = 0) {
        window.width = width;
        window.height = height;
        Architecture architecture;
        architecture.input_size = input;
        const auto result = task.fitted(architecture, window);
        return std::pair(result.input_size, input_height(result));
    };
    CHECK(fitted(640, 480) == std::pair(320, 256));
    CHECK(fitted(1920, 1080) == std::pair(320, 192));
    CHECK(fitted(200, 100) == std::pair(192, 96));
    CHECK(fitted(640, 480, 512) == std::pair(512, 384));
    CHECK(task.preprocess(window, {"resnet18", 0.125, 320, 0, 1, 0, 256, "detection"}).fit ==
          "letterbox");
    CHECK_THROWS_AS((void)task_named("segmentation"), DomainError);
}

TEST_CASE("detection: what carries over to skipped frames, from the labelled ones") {
    const Task& task = task_named("detection");
    WindowManifest window;
    for (int i = 0; i < 12; ++i) window.frames.push_back({i, 0.1 * i, "", {}});
    const std::vector<int> strides{1, 2, 3, 6};
    LabelSet labels;
    const auto unknown = task.carried_over(window, nullptr, strides);
    CHECK(unknown[0] == 1);
    CHECK(unknown[1] == Approx(0.9));
    CHECK(unknown[3] < 0.7);
    // 5 pixels a frame: an object of 20 overlaps itself by 0.6, 0.33 and then too little.
    for (int i = 0; i < 12; i += 1) labels.frames.push_back(label(i, {car(5.0 * i)}));
    const auto kept = task.carried_over(window, &labels, strides);
    CHECK(kept[0] == Approx(1));
    CHECK(kept[1] == Approx(1));
    CHECK(kept[2] == Approx(1));
    CHECK(kept[3] == Approx(0.5));
    // Labels that lie farther apart than any stride still say something.
    const std::vector<int> near{1, 2};
    labels.frames = {label(0, {car(5)}), label(11, {car(60)})};
    CHECK(task.carried_over(window, &labels, near)[1] < 1);
    labels.frames.push_back(label(12, {car(60)}));
    CHECK_THROWS_AS((void)task.carried_over(window, &labels, near), InputError);
}
