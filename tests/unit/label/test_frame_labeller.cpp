#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "ekya/core/errors.hpp"
#include "ekya/label/window_labeller.hpp"
#include "ekya/nn/training.hpp"
#include "ekya/video/image_files.hpp"
#include "support/scratch.hpp"

using namespace ekya;
namespace fs = std::filesystem;

namespace {

/// A window of detection of which every second of its 20 frames is kept. Frames of the second half
/// are twice as large. A car goes along the border; a bus is in frame 4, a tram never comes.
struct Fixture {
    test::Scratch scratch;
    Store store{scratch / "data"};
    StreamSource stream{"a", "", (scratch / "boxes.csv").string(), 0, {"car", "bus", "tram"}};
    LabelOptions options;
    std::vector<std::string> warnings;

    Fixture() {
        std::ofstream csv(stream.annotations);
        csv << "frame,class,x0,y0,x1,y1\n";
        for (int frame = 100; frame < 116; ++frame)  // the last frames are empty
            csv << frame << ",car,-3,5," << (frame < 110 ? 38 : 70) << ",100\n";
        csv << "104,bus,1,1,9,9\n";
        WindowManifest manifest;
        manifest.stream = "a";
        manifest.window = 3;
        manifest.task = "detection";
        manifest.objects_from = "model";
        manifest.width = 80;
        manifest.height = 60;
        manifest.crop_size = 0;
        manifest.first_frame = 100;
        manifest.end_frame = 120;
        std::vector<Store::KeptFrame> frames;
        for (int i = 0; i < 20; ++i) {
            manifest.frames.push_back({100 + i, 0.1 * i, "", {}});
            if (i % 2 != 0) continue;
            const FrameImage image = i < 10 ? plain(40, 30) : plain(80, 60);
            frames.push_back(
                {"frame-" + std::to_string(100 + i) + ".jpg", encode_image(image, "jpg")});
            manifest.frames.back().image = frames.back().name;
        }
        store.write_window(manifest, {}, frames);
        options.fraction = 1;
    }
    static FrameImage plain(int width, int height) {
        return {width, height,
                std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3, 77)};
    }
    LabelSet label() {
        return label_window({store, stream, 3, options, stream.classes,
                             [this](const std::string& text) { warnings.push_back(text); }, [] {}});
    }
    /// Stores a detector that has hardly learned anything, and lets it serve.
    void serve(const std::vector<int>& data_windows) {
        LabelledFrames samples;
        samples.images.push_back(std::make_shared<const FrameImage>(plain(64, 64)));
        samples.boxes.push_back({{{10, 10, 30, 30}, 0, false}});
        TrainingJob job;
        job.architecture = {"resnet18", 0.125, 64, 0, 3, 0, 64, "detection"};
        job.config = {1, 1, TrainedLayers::all, 2, 0, 0.001};
        job.fresh = &samples;
        const auto [outcome, model] = train(job);
        ModelCard card;
        card.id = "base";
        card.stream = "a";
        card.window = -1;
        card.architecture = job.architecture;
        card.classes = stream.classes;
        card.data_windows = data_windows;
        store.write_model(card, [&model = model](const auto& file) { model.save(file); });
        store.set_serving("a", "base");
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "label_window: every kept frame with all boxes, clipped to its own size") {
    const auto set = label();
    CHECK(set.stream == "a");
    CHECK(set.window == 3);
    CHECK(set.teacher == "annotations");
    CHECK(set.complete);
    CHECK(set.seconds > 0);
    CHECK(set.labels.empty());
    REQUIRE(set.frames.size() == 10);
    for (std::size_t i = 0; i < 10; ++i) {
        const auto& label = set.frames[i];
        CHECK(label.frame == static_cast<int>(2 * i));
        CHECK((label.uniform && label.weight == 1));
        CHECK(label.boxes.size() == (i == 2 ? 2 : i < 8 ? 1 : 0));
    }
    CHECK(set.frames[0].boxes[0] == LabelledBox{{0, 5, 38, 30}, "car"});
    CHECK(set.frames[5].boxes[0] == LabelledBox{{0, 5, 70, 60}, "car"});
    CHECK(set.frames[2].boxes[1].class_name == "bus");
    CHECK(set.yield == LabelYield{9, 9, 0, 0, {}});
    CHECK_FALSE(set.agreement);
    CHECK(warning_of(set).empty());
    store.write_labels(set);
    CHECK(store.labels("a", 3).frames == set.frames);
}

TEST_CASE_FIXTURE(Fixture, "label_window: a part of the frames; none; no object in any of them") {
    options.fraction = 0.3;
    const auto set = label();
    CHECK(set.frames.size() == 3);
    CHECK(label().frames == set.frames);
    options.fraction = 0;
    CHECK(label().frames.empty());
    CHECK(warning_of(label()) == "no label");
    options.fraction = 1;
    std::ofstream(stream.annotations) << "frame,class,x0,y0,x1,y1\n101,car,0,0,9,9\n";
    CHECK(label().frames.size() == 10);
    CHECK(label().yield == LabelYield{});
    CHECK(warning_of(label()) == "no object in any of the 10 labelled frames");
}

TEST_CASE_FIXTURE(Fixture, "label_window: the time limit ends it after a frame at least") {
    options.max_seconds = 1e-9;
    const auto set = label();
    CHECK(set.frames.size() == 1);
    CHECK_FALSE(set.complete);
}

TEST_CASE_FIXTURE(Fixture, "label_window: how far the serving model agrees with the golden one") {
    serve({0, 1});
    options.choice = SampleChoice::uncertain;
    options.fraction = 0.5;
    const auto set = label();
    CHECK(set.frames.size() == 5);
    CHECK(std::count_if(set.frames.begin(), set.frames.end(),
                        [](const auto& label) { return label.uniform; }) >= 2);
    REQUIRE(set.agreement);
    CHECK(set.agreement->model == "base");
    CHECK(set.agreement->share == 0);  // it finds nothing yet
    CHECK(set.agreement->labels > 0);
    CHECK(warnings.empty());
}

TEST_CASE_FIXTURE(Fixture, "label_window: a model that has learned from the window says nothing") {
    serve({2, 3});
    CHECK_FALSE(label().agreement);
}

TEST_CASE_FIXTURE(Fixture,
                  "label_window: a damaged model that serves does not hinder its mending") {
    serve({0});
    std::ofstream(store.weights_file("a", "base"), std::ios::trunc) << "no weights";
    options.choice = SampleChoice::uncertain;
    options.fraction = 0.5;
    const auto set = label();
    CHECK(set.frames.size() == 5);
    CHECK_FALSE(set.agreement);
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("SHA-256") != std::string::npos);
    options.model = "base";  // one that is asked for by name
    CHECK_THROWS_AS((void)label(), InputError);
}

TEST_CASE_FIXTURE(Fixture, "label_window: change chooses frames by how they look") {
    options.fraction = 0.4;
    options.choice = SampleChoice::change;
    const auto set = label();
    CHECK(set.frames.size() == 4);
    for (const auto& label : set.frames) CHECK(label.weight == (label.uniform ? 1 : 0));
}

TEST_CASE_FIXTURE(Fixture, "label_window: what cannot be done with frames is said") {
    options.golden.teacher = "golden.pt";
    CHECK_THROWS_AS((void)label(), ConfigError);
    options.golden.teacher = "golden.onnx";
    options.golden.kind = "classifier";
    CHECK_THROWS_AS((void)label(), ConfigError);
    options.golden = {};
    options.ignore_score = 0.9;
    CHECK_THROWS_AS((void)label(), DomainError);
    options.ignore_score.reset();
    fs::remove(store.window_directory("a", 3) / "frame-102.jpg");
    CHECK_THROWS_AS((void)label(), InputError);
    stream.annotations.clear();
    CHECK_THROWS_AS((void)label(), InputError);
}
