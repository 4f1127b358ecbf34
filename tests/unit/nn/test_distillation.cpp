#include <doctest/doctest.h>

#include "crop_tensor.hpp"
#include "distillation.hpp"
#include "ekya/core/errors.hpp"
#include "small_network.hpp"
#include "state_dict.hpp"
#include "synthetic.hpp"

using namespace ekya;
using namespace ekya::test;
using doctest::Approx;

namespace {

/// Weights of a network that tells the three kinds of crops apart.
std::filesystem::path trained_weights(const TemporaryDirectory& directory,
                                      const TrainingSamples& samples, int epochs = 8) {
    const auto path = directory / "weights.pt";
    train(small_job(samples, epochs)).second.save(path);
    return path;
}

double agreement(TrainedModel& a, TrainedModel& b, const CropBatch& crops) {
    const auto x = class_indices(a.classify(crops)), y = class_indices(b.classify(crops));
    double same = 0;
    for (std::size_t i = 0; i < x.size(); ++i) same += x[i] == y[i];
    return same / static_cast<double>(x.size());
}

}  // namespace

TEST_CASE(
    "Distillation: nothing to add where both answer alike; more the further they are apart; new "
    "classes do not count") {
    const TemporaryDirectory directory;
    const auto samples = striped_crops(12, 1);
    auto job = small_job(samples);
    job.start_weights = trained_weights(directory, samples, 1);
    job.distillation = 0.25;
    const Distillation distillation(job, Cut::image, torch::kCPU);
    const auto objective = classification_objective(job, torch::kCPU);
    const auto blended = [&](const torch::Tensor& loss, const NetworkInput& inputs,
                             const torch::Tensor& outputs) {
        return distillation.blend(loss, inputs, outputs, *objective).item<double>();
    };
    Network previous(job.architecture, 0);
    load_state(previous, *job.start_weights, HeadPolicy::exact);
    previous.eval();
    const NetworkInput inputs{crop_tensor(samples.crops, 0, 12, 32, torch::kCPU, own_normalisation),
                              {}};
    const auto logits = previous.forward(inputs.values).detach();
    const auto loss = torch::tensor(2.0);
    CHECK(blended(loss, inputs, logits) == Approx(1.5).epsilon(1e-4));
    const auto grown = torch::cat({logits, torch::full({12, 1}, 9.0)}, 1);
    CHECK(blended(loss, inputs, grown) == Approx(1.5).epsilon(1e-4));
    const double near = blended(loss, inputs, logits + torch::tensor({0.5, 0.0, 0.0}));
    const double far = blended(loss, inputs, logits + torch::tensor({4.0, 0.0, 0.0}));
    CHECK(near > 1.5);
    CHECK(far > near);
}

TEST_CASE(
    "train: distillation keeps the answers near those of the start, on labels that say something "
    "else") {
    const TemporaryDirectory directory;
    const auto samples = striped_crops(90, 1), unseen = striped_crops(60, 3);
    const auto weights = trained_weights(directory, samples);
    auto contrary = striped_crops(60, 2);
    for (int& label : contrary.labels) label = (label + 1) % 3;
    auto job = small_job(contrary, 3);
    job.start_weights = weights;
    job.config.learning_rate = 0.02;
    auto still = small_job(samples, 1);  // the start itself, all but unmoved
    still.start_weights = weights;
    still.config.layers = TrainedLayers::head;
    still.config.learning_rate = 1e-9;
    auto start = train(still).second;
    REQUIRE(start.accuracy(unseen) > 0.8);
    auto free = train(job).second;
    job.distillation = 0.95;
    auto held = train(job).second;
    CHECK(agreement(held, start, unseen.crops) > agreement(free, start, unseen.crops) + 0.2);
    job.config.layers = TrainedLayers::last_stage;  // through what frozen layers put out
    CHECK_NOTHROW((void)train(job));
}

TEST_CASE(
    "train: a class that comes in at the end starts at random, what is known of the others is "
    "kept") {
    const TemporaryDirectory directory;
    const auto samples = striped_crops(90, 1);
    auto job = small_job(samples, 1, TrainedLayers::head);
    job.start_weights = trained_weights(directory, samples);
    job.start_architecture = job.architecture;
    job.architecture.classes = 4;
    job.config.learning_rate = 1e-9;
    job.distillation = 0.5;
    job.held_out = &samples;
    const auto [outcome, grown] = train(job);
    CHECK_FALSE(outcome.head_reinitialised);
    CHECK(*outcome.parent_accuracy > 0.7);
    CHECK(grown.architecture().classes == 4);
    Network before(small_architecture(), 0), after(job.architecture, 0);
    load_state(before, *job.start_weights, HeadPolicy::exact);
    grown.save(directory / "grown.pt");
    load_state(after, directory / "grown.pt", HeadPolicy::exact);
    CHECK(torch::allclose(before.named_parameters()["fc.weight"],
                          after.named_parameters()["fc.weight"].narrow(0, 0, 3), 1e-4, 1e-5));
    CHECK(after.named_parameters()["fc.weight"][3].abs().sum().item<double>() > 0);

    auto learns =
        small_job(samples, 6);  // and the new class can be learned: one kind of crop is renamed
    auto renamed = samples;
    for (int& label : renamed.labels) label = label == 2 ? 3 : label;
    learns.fresh = &renamed;
    learns.start_weights = job.start_weights;
    learns.start_architecture = job.start_architecture;
    learns.architecture.classes = 4;
    CHECK(train(learns).second.accuracy(renamed) > 0.8);

    job.distillation = 0;
    job.start_architecture
        .reset();  // without knowing that the classes go on, the head is another one
    CHECK(train(job).first.head_reinitialised);
}

TEST_CASE(
    "train: distillation needs no start and no matching head, and refuses weights out of range") {
    const TemporaryDirectory directory;
    const auto samples = striped_crops(30, 1);
    auto job = small_job(samples, 1);
    job.distillation = 0.5;
    CHECK_NOTHROW((void)train(job));
    job.start_weights = trained_weights(directory, samples, 1);
    job.start_architecture = small_architecture();
    job.architecture.head_width =
        16;  // another head: the previous one still answers through its own
    CHECK(train(job).first.head_reinitialised);
    job.distillation = 1;
    CHECK_THROWS_AS((void)train(job), DomainError);
}
