#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "ekya/core/errors.hpp"
#include "ekya/nn/detector.hpp"
#include "ekya/nn/head_rows.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/nn/training.hpp"
#include "painted_frames.hpp"
#include "synthetic.hpp"

using namespace ekya;
using namespace ekya::test;
using doctest::Approx;

namespace {

TrainingJob job_on(const LabelledFrames& frames, int epochs = 20) {
    TrainingJob job;
    job.architecture = {"resnet18", 0.125, 128, 0, 2, 0, 96, "detection"};
    job.config = {epochs, 1, TrainedLayers::all, 4, 0, 0.05};
    job.precision = Precision::full;
    job.fresh = &frames;
    job.seed = 3;
    set_threads(1);
    return job;
}

std::vector<const FrameImage*> images_of(const LabelledFrames& frames) {
    std::vector<const FrameImage*> images;
    for (const auto& image : frames.images) images.push_back(image.get());
    return images;
}

template <typename Model>
double f1(Model& model, const LabelledFrames& frames, double min_score = 0.3) {
    BoxCounts counts;
    const auto found = model.detect(images_of(frames), min_score);
    for (std::size_t i = 0; i < found.size(); ++i)
        counts += count_matches(found[i], frames.boxes[i]);
    return counts.f1();
}

FrameImage plain(int width, int height) {
    return {
        width, height,
        std::vector<std::uint8_t>(std::size_t{3} * static_cast<std::size_t>(width * height), 90)};
}

void add(LabelledFrames& frames, FrameImage image, std::vector<TargetBox> boxes) {
    frames.images.push_back(std::make_shared<const FrameImage>(std::move(image)));
    frames.boxes.push_back(std::move(boxes));
}

}  // namespace

TEST_CASE("train: frames of which none shows an object, and a class that never appears") {
    LabelledFrames frames;
    for (int i = 0; i < 6; ++i) add(frames, plain(128, 96), {});
    auto job = job_on(frames, 4);
    job.held_out = &frames;
    auto [outcome, model] = train(job);
    CHECK(*outcome.accuracy == 1);  // nothing to find, nothing found
    for (const auto& boxes : model.detect(images_of(frames), 0.3)) CHECK(boxes.empty());
}

TEST_CASE("train: boxes outside the frame, empty ones, and frames of several sizes") {
    auto frames = painted_frames(8, 5);
    frames.boxes[0].push_back({{-40, -40, -10, -10}, 0, false});
    frames.boxes[1].push_back({{20, 20, 20, 40}, 1, false});
    frames.boxes[2].push_back({{-10, -10, 500, 500}, 1, true});
    for (const auto& [width, height] : {std::pair(256, 192), {64, 120}, {300, 40}})
        add(frames, plain(width, height), {{{1, 1, 20, 20}, 0, false}});
    auto [outcome, model] = train(job_on(frames, 3));
    CHECK(std::isfinite(outcome.final_loss));
    const auto found = model.detect(images_of(frames), 0.02);
    for (std::size_t i = 0; i < found.size(); ++i)
        for (const auto& [box, label, score] : found[i]) {
            CHECK(box.x0 >= 0);
            CHECK(box.y0 >= 0);
            CHECK(box.x1 <= frames.images[i]->width);
            CHECK(box.y1 <= frames.images[i]->height);
            CHECK(box.area() > 0);
        }
}

TEST_CASE("train: what cannot be learned from is refused, with the place") {
    auto frames = painted_frames(4, 1);
    const auto refusal = [&](const LabelledFrames& samples) {
        try {
            (void)train(job_on(samples, 1));
        } catch (const DomainError& e) {
            return std::string(e.what());
        }
        return std::string("nothing");
    };
    auto other = frames;
    other.boxes[2][0].label = 2;
    CHECK(refusal(other) == "boxes[2]: class 2 is not in [0, 1]");
    other = frames;
    other.boxes[1][0].box.x1 = std::nan("");
    CHECK(refusal(other) == "boxes[1]: a corner is not finite");
    other = frames;
    other.images[3] = std::make_shared<const FrameImage>(FrameImage{5, 5, {}});
    CHECK(refusal(other) == "images[3]: has no pixels");
    other = frames;
    other.boxes.pop_back();
    CHECK(refusal(other) == "boxes: of 3 frames for 4 images");
    CHECK_THROWS_AS((void)train(job_on(LabelledFrames{}, 1)), InputError);
    auto crops = LabelledCrops();
    crops.crops.size = 8;
    crops.crops.rgb.resize(8 * 8 * 3);
    crops.labels = {0};
    auto job = job_on(frames, 1);
    job.fresh = &crops;
    CHECK_THROWS_AS((void)train(job), DomainError);
}

TEST_CASE("Detector: stored and loaded it answers alike; other sizes and frames of their own") {
    const TemporaryDirectory scratch;
    const auto frames = painted_frames(24, 1), unseen = painted_frames(10, 2);
    auto [outcome, model] = train(job_on(frames, 40));
    CHECK(f1(model, unseen) > 0.8);
    const auto weights = scratch / "weights.pt";
    model.save(weights);
    Detector detector(model.architecture(), weights);
    const auto direct = model.detect(images_of(unseen), 0.3),
               loaded = detector.detect(images_of(unseen), 0.3);
    REQUIRE(direct.size() == loaded.size());
    for (std::size_t i = 0; i < direct.size(); ++i) CHECK((direct[i] == loaded[i]));
    CHECK(detector.detect({}, 0.3).empty());
    CHECK(detector.features(images_of(unseen)).size() % unseen.count() == 0);
    auto larger = detector.at_input_size(192);
    CHECK(larger.input_size() == 192);
    CHECK(f1(larger, painted_frames(6, 4, 192, 144), 0.1) > 0);
    CHECK_THROWS_AS((void)detector.at_input_size(20), DomainError);

    SUBCASE("scores fall, none is below what was asked for, none lies on a better one") {
        for (const auto& boxes : detector.detect(images_of(unseen), 0.1))
            for (std::size_t i = 0; i < boxes.size(); ++i) {
                CHECK(boxes[i].score >= 0.1 - 1e-6);
                for (std::size_t j = 0; j < i; ++j) {
                    CHECK(boxes[j].score >= boxes[i].score);
                    if (boxes[j].label == boxes[i].label)
                        CHECK(iou(boxes[j].box, boxes[i].box) <= 0.5 + 1e-6);
                }
            }
    }
    SUBCASE("frozen layers keep every bit, and training goes on from there") {
        for (const auto layers : {TrainedLayers::head, TrainedLayers::last_stage}) {
            auto job = job_on(frames, 3);
            job.config.layers = layers;
            job.config.learning_rate = 0.01;
            job.start_weights = weights;
            job.start_architecture = job.architecture;
            job.held_out = &unseen;
            auto [next, retrained] = train(job);
            CHECK_FALSE(next.head_reinitialised);
            CHECK(*next.parent_accuracy == Approx(f1(model, unseen)).epsilon(0.02));
            CHECK(*next.accuracy > 0.7);
        }
    }
    SUBCASE("a class that comes in later leaves what is known") {
        auto job = job_on(frames, 1);
        job.architecture.classes = 3;
        job.config = {1, 1, TrainedLayers::head, 4, 0, 1e-6};
        job.start_weights = weights;
        job.start_architecture = model.architecture();
        auto [next, grown] = train(job);
        CHECK_FALSE(next.head_reinitialised);
        CHECK(grown.architecture().classes == 3);
        CHECK(f1(grown, unseen) > 0.75);
        // And taken out again, in another order.
        const auto grown_file = scratch / "grown.pt", kept_file = scratch / "kept.pt";
        grown.save(grown_file);
        const auto kept = keep_head_rows(grown_file, grown.architecture(), {1, 0}, kept_file);
        CHECK(kept.classes == 2);
        Detector turned(kept, kept_file);
        auto swapped = unseen;
        for (auto& boxes : swapped.boxes)
            for (auto& box : boxes) box.label = 1 - box.label;
        CHECK(f1(turned, swapped) == Approx(f1(grown, unseen)));
    }
    SUBCASE("weights of a classifier, or of another width, do not fit") {
        auto other = model.architecture();
        other.width = 0.25;
        CHECK_THROWS_AS(Detector(other, weights), InputError);
        std::ofstream(scratch / "none.pt") << "no weights";
        CHECK_THROWS_AS(Detector(model.architecture(), scratch / "none.pt"), InputError);
    }
}
