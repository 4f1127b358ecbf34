#include <doctest/doctest.h>
#include <torch/torch.h>

#include <filesystem>

#include "augmentation.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/nn/training.hpp"
#include "network.hpp"
#include "place.hpp"

using namespace ekya;

namespace {

/// Crops that all look the same; class 0 hangs high, class 1 stands low.
TrainingSamples high_and_low(int count) {
    TrainingSamples samples;
    samples.crops.size = 16;
    samples.crops.rgb.assign(static_cast<std::size_t>(count) * samples.crops.bytes_per_crop(), 90);
    for (int i = 0; i < count; ++i) {
        samples.labels.push_back(i % 2);
        samples.crops.places.push_back(
            {0.1F + 0.8F * static_cast<float>(i) / static_cast<float>(count),
             i % 2 == 0 ? 0.25F : 0.7F, 0.1F, 0.1F});
    }
    return samples;
}

TrainingJob job_for(const TrainingSamples& samples, int place_width) {
    TrainingJob job;
    job.architecture = {.width = 0.125, .input_size = 16, .classes = 2, .place_width = place_width};
    job.config.epochs = 20;
    job.config.learning_rate = 0.1;
    job.fresh = &samples;
    return job;
}

}  // namespace

TEST_CASE("train: a network that sees places tells apart what only its place tells apart") {
    const auto samples = high_and_low(40);
    auto with = train(job_for(samples, 16)).second;
    CHECK(with.accuracy(samples) == 1);
    auto without = train(job_for(samples, 0)).second;
    CHECK(without.accuracy(samples) == doctest::Approx(0.5));
}

TEST_CASE("train: the head alone learns from places too, mirrored ones among its variants") {
    const auto samples = high_and_low(40);
    auto job = job_for(samples, 16);
    job.config.layers = TrainedLayers::head;
    job.config.epochs = 60;
    CHECK(train(job).second.accuracy(samples) == 1);
}

TEST_CASE("a network that sees places refuses crops without them; one that does not takes both") {
    auto samples = high_and_low(8);
    auto with = train(job_for(samples, 4)).second;
    auto without = train(job_for(samples, 0)).second;
    samples.crops.places.clear();
    CHECK_THROWS_AS((void)with.classify(samples.crops), DomainError);
    CHECK(without.classify(samples.crops).size() == 8);
    CHECK_THROWS_AS((void)train(job_for(samples, 4)), DomainError);
}

TEST_CASE("Classifier: serves a network that sees places as it was trained, warmed up or not") {
    const auto samples = high_and_low(40);
    auto model = train(job_for(samples, 16)).second;
    const auto file = std::filesystem::temp_directory_path() / "ekya_test_place.pt";
    model.save(file);
    Classifier classifier(model.architecture(), file);
    classifier.warm_up(3);
    CHECK(classifier.accuracy(samples) == 1);
    Architecture other = model.architecture();
    other.place_width = 8;
    CHECK_THROWS_AS(Classifier(other, file), InputError);
    std::filesystem::remove(file);
}

TEST_CASE("place_features: about within [-2, 2], finite for objects without size") {
    const CropBatch crops{
        1, std::vector<std::uint8_t>(9), {{0.5F, 0.5F, 0.08F, 0.1F}, {0, 0, 0, 0}, {1, 1, 1, 1}}};
    const auto features = place_features(place_tensor(crops, 0, 3, torch::kCPU));
    CHECK(features.sizes() == torch::IntArrayRef({3, place_feature_count}));
    CHECK(features[0].slice(0, 0, 4).abs().max().item<double>() < 1e-6);
    CHECK(torch::isfinite(features).all().item<bool>());
    CHECK(!place_tensor(CropBatch{1, {1, 2, 3}}, 0, 1, torch::kCPU).defined());
}

TEST_CASE("augmented: a mirrored crop has a mirrored place") {
    NetworkInput input{
        torch::arange(12, torch::kFloat32).view({1, 1, 3, 4}).expand({64, 3, 3, 4}).contiguous(),
        torch::tensor({0.2F, 0.5F, 0.1F, 0.1F}).view({1, 4}).expand({64, 4}).contiguous()};
    Random random(1, 1);
    const auto changed = augmented(input,
                                   {.shift = 0,
                                    .zoom = 0,
                                    .flip = 0.5,
                                    .brightness = 0,
                                    .contrast = 0,
                                    .move = 0,
                                    .stretch = 0},
                                   random);
    int mirrored = 0;
    for (int i = 0; i < 64; ++i) {
        const bool flipped =
            changed.values[i][0][0][0].item<float>() > changed.values[i][0][0][3].item<float>();
        CHECK(changed.places[i][0].item<float>() == doctest::Approx(flipped ? 0.8 : 0.2));
        mirrored += flipped;
    }
    CHECK(mirrored > 16);
    CHECK(mirrored < 48);
}
