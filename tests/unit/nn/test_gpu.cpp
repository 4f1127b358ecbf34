// Networks on a GPU against the same on the CPU; skipped where there is no GPU.
#include <doctest/doctest.h>

#include <cmath>

#include "ekya/device/device.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/nn/training.hpp"
#include "synthetic.hpp"

using namespace ekya;

namespace {

bool no_gpu() {
    std::string why;
    if (!gpus(&why).empty()) return false;
    MESSAGE("skipped: " << why);
    return true;
}

}  // namespace

TEST_CASE("on a GPU: training learns as well as on the CPU, classes and probabilities agree") {
    if (no_gpu()) return;
    for (const char* const network : {"resnet18", "mobilenet_v2", "shufflenet_v2"})
        for (const auto layers :
             {TrainedLayers::all, TrainedLayers::last_stage, TrainedLayers::head}) {
            CAPTURE(network);
            const auto samples = test::striped_crops(160, 1), held_out = test::striped_crops(80, 2);
            const test::TemporaryDirectory directory;
            TrainingJob job;
            job.architecture = {network, 0.5, 32, 0, 3};
            job.fresh = &samples;
            job.config.batch_size = 16;
            job.config.layers = layers;
            job.config.epochs = 12;
            job.held_out = &held_out;
            job.measure_bfloat16 = true;
            job.device = "cuda:0";
            const auto before = device_seconds("cuda:0");
            auto [outcome, model] = train(job);
            CHECK(device_seconds("cuda:0") > before);
            CHECK(outcome.device_seconds > 0);
            REQUIRE(outcome.accuracy);
            if (layers != TrainedLayers::head) CHECK(*outcome.accuracy >= 0.9);
            if (outcome.bfloat16_accuracy)
                CHECK(std::abs(*outcome.bfloat16_accuracy - *outcome.accuracy) <= 0.05);

            const auto file = directory / "weights.pt";
            model.save(file);
            Classifier here(job.architecture, file), there(job.architecture, file, "cuda:0");
            const auto expected = here.classify(held_out.crops),
                       got = there.classify(held_out.crops);
            REQUIRE(got.size() == expected.size());
            int differ = 0;
            for (std::size_t i = 0; i < got.size(); ++i) {
                differ += got[i].class_index != expected[i].class_index;
                CHECK(got[i].probability == doctest::Approx(expected[i].probability).epsilon(0.02));
            }
            CHECK(differ <= 1);
            // Batches of other sizes, some padded, and another input size; the graphs of before are
            // used again.
            for (const std::size_t count : {1U, 3U, 5U, 1U, 80U, 3U}) {
                CropBatch part{held_out.crops.size, {}};
                for (std::size_t i = 0; i < count; ++i) part.append(held_out.crops, i);
                const auto some = there.classify(part);
                REQUIRE(some.size() == count);
                for (std::size_t i = 0; i < count; ++i)
                    CHECK(some[i].probability == doctest::Approx(got[i].probability).epsilon(0.02));
            }
            CHECK(there.at_input_size(24).classify(held_out.crops).size() == 80);
        }
}
