#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/nn/training.hpp"
#include "ekya/nn/weights.hpp"
#include "mixed_precision.hpp"
#include "small_network.hpp"
#include "state_dict.hpp"
#include "synthetic.hpp"

using namespace ekya;

namespace {

using Tensors = std::vector<std::pair<std::string, torch::Tensor>>;

Tensors tensors_in(const std::filesystem::path& path, const Architecture& architecture) {
    Network network(architecture, 0);
    load_state(network, path, HeadPolicy::exact);
    Tensors tensors;
    for (const auto& entry : network.named_parameters())
        tensors.emplace_back(entry.key(), entry.value());
    for (const auto& entry : network.named_buffers())
        tensors.emplace_back(entry.key(), entry.value());
    return tensors;
}

}  // namespace

TEST_CASE("train: device-seconds are of as many cores as the process was told of") {
    set_threads(1);
    const auto fresh = test::striped_crops(60, 1);
    const auto job = test::small_job(fresh, 2);
    const auto alone = train(job).first;
    set_device_cores(100 * usable_cores());
    const auto shared = train(job).first;
    set_device_cores(usable_cores());
    CHECK(shared.device_seconds < alone.device_seconds / 10);
    CHECK(shared.samples_device_seconds < alone.samples_device_seconds / 10);
}

TEST_CASE(
    "train: all layers from random weights learn three classes; then head and last stage adapt "
    "from there") {
    set_threads(1);
    const test::TemporaryDirectory directory;
    const auto fresh = test::striped_crops(180, 1), held_out = test::striped_crops(90, 2);
    auto job = test::small_job(fresh, 6);
    job.held_out = &held_out;
    auto [outcome, model] = train(job);
    CHECK(outcome.accuracy.value() > 0.9);
    CHECK_FALSE(outcome.parent_accuracy);
    CHECK(outcome.samples_used == 180);
    CHECK(outcome.exemplars_used == 0);
    CHECK(outcome.epochs == 6);
    CHECK(outcome.parameters == parameter_count(job.architecture));
    CHECK(outcome.device_seconds > 0);
    CHECK(outcome.samples_device_seconds > 0);
    CHECK(outcome.samples_device_seconds <= outcome.setup_device_seconds);
    CHECK(outcome.setup_device_seconds <= outcome.device_seconds);
    CHECK(model.accuracy(held_out) == *outcome.accuracy);
    model.save(directory / "base.pt");

    SUBCASE("the saved file classifies as the model in memory does") {
        Classifier classifier(job.architecture, directory / "base.pt");
        const auto expected = model.classify(held_out.crops),
                   found = classifier.classify(held_out.crops);
        REQUIRE(found.size() == expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            CHECK(found[i].class_index == expected[i].class_index);
            CHECK(found[i].probability == expected[i].probability);
        }
    }
    for (const auto layers : {TrainedLayers::head, TrainedLayers::last_stage}) {
        CAPTURE(to_string(layers));
        const auto drifted = test::striped_crops(120, 3, 32, 40),
                   drifted_held_out = test::striped_crops(90, 4, 32, 40);
        auto adaptation = test::small_job(drifted, 5, layers);
        adaptation.start_weights = directory / "base.pt";
        adaptation.held_out = &drifted_held_out;
        auto [adapted, adapted_model] = train(adaptation);
        CHECK(adapted.parent_accuracy);
        CHECK(*adapted.accuracy > 0.9);
        CHECK(adapted_model.accuracy(drifted_held_out) == doctest::Approx(*adapted.accuracy));

        adapted_model.save(directory / "adapted.pt");
        const auto before = tensors_in(directory / "base.pt", job.architecture);
        const auto after = tensors_in(directory / "adapted.pt", job.architecture);
        for (std::size_t i = 0; i < before.size(); ++i) {
            const auto& name = before[i].first;
            const bool trained = is_head(name) || (layers == TrainedLayers::last_stage &&
                                                   name.starts_with("layer4."));
            CHECK_MESSAGE(torch::equal(before[i].second, after[i].second) != trained, name);
        }
    }
}

TEST_CASE("train: the same seed on one thread gives the same bits, another seed others") {
    set_threads(1);
    const test::TemporaryDirectory directory;
    const auto fresh = test::striped_crops(40, 1), exemplars = test::striped_crops(20, 5);
    const auto weights = [&](const std::string& network, std::uint64_t seed, TrainedLayers layers) {
        auto job = test::small_job(fresh, 2, layers);
        job.architecture.network = network;
        job.exemplars = &exemplars;
        job.seed = seed;
        train(job).second.save(directory / "model.pt");
        return tensors_in(directory / "model.pt", job.architecture);
    };
    for (const auto& network : network_names())
        for (const auto layers :
             {TrainedLayers::all, TrainedLayers::last_stage, TrainedLayers::head}) {
            CAPTURE(network);
            const auto first = weights(network, 1, layers), same = weights(network, 1, layers),
                       other = weights(network, 2, layers);
            bool all_equal = true, any_other = false;
            for (std::size_t i = 0; i < first.size(); ++i) {
                all_equal = all_equal && torch::equal(first[i].second, same[i].second);
                any_other = any_other || !torch::equal(first[i].second, other[i].second);
            }
            CHECK(all_equal);
            CHECK(any_other);
        }
}

TEST_CASE(
    "train: in mixed precision weights stay float, learn as well, and the same seed gives the same "
    "bits") {
    set_threads(1);
    const test::TemporaryDirectory directory;
    const auto fresh = test::striped_crops(180, 1), held_out = test::striped_crops(90, 2);
    const auto trained = [&](Precision precision) {
        auto job = test::small_job(fresh, 6);
        job.held_out = &held_out;
        job.precision = precision;
        auto [outcome, model] = train(job);
        CHECK(outcome.mixed_precision == (precision == Precision::mixed));
        CHECK(outcome.accuracy.value() > 0.9);
        model.save(directory / "model.pt");
        return tensors_in(directory / "model.pt", job.architecture);
    };
    if (!multiplies_bfloat16(torch::kCPU)) {
        CHECK_THROWS_WITH_AS((void)trained(Precision::mixed),
                             doctest::Contains("precision: cpu does not"), ConfigError);
        return;
    }
    const auto full = trained(Precision::full), mixed = trained(Precision::mixed),
               again = trained(Precision::mixed);
    bool differs = false;
    for (std::size_t i = 0; i < full.size(); ++i) {
        CHECK(mixed[i].second.dtype() == full[i].second.dtype());
        CHECK(torch::equal(mixed[i].second, again[i].second));
        differs = differs || !torch::equal(mixed[i].second, full[i].second);
    }
    CHECK(differs);

    CHECK(train(test::small_job(fresh, 1)).first.mixed_precision ==
          multiplies_bfloat16(torch::kCPU));  // left to itself
    auto job = test::small_job(fresh, 1, TrainedLayers::head);
    CHECK_FALSE(train(job).first.mixed_precision);
    job.architecture.network = "shufflenet_v2";
    job.config.layers = TrainedLayers::all;
    CHECK_FALSE(train(job).first.mixed_precision);
    job.architecture.network = "mobilenet_v2";
    CHECK_FALSE(train(job).first.mixed_precision);
    job.precision = Precision::mixed;
    CHECK_THROWS_WITH_AS((void)train(job), doctest::Contains("precision: mobilenet_v2"),
                         ConfigError);
    CHECK_THROWS_WITH_AS((void)precision_from("half"), doctest::Contains("auto, full, mixed"),
                         DomainError);
}

TEST_CASE("train: every network learns three classes") {
    set_threads(1);
    const auto fresh = test::striped_crops(180, 1), held_out = test::striped_crops(90, 2);
    for (const auto& network : network_names()) {
        CAPTURE(network);
        auto job = test::small_job(fresh, 8);
        job.architecture.network = network;
        job.architecture.width = 0.25;
        job.config.learning_rate = 0.1;
        job.held_out = &held_out;
        CHECK(train(job).first.accuracy.value() > 0.8);
    }
}

TEST_CASE("train: start weights of another network, or not finite, are refused by name") {
    const test::TemporaryDirectory directory;
    const auto fresh = test::striped_crops(6, 1);
    auto job = test::small_job(fresh, 1);
    job.start_weights = directory / "start.pt";
    auto other = job.architecture;
    other.network = "shufflenet_v2";
    save_state(Network(other, 1), *job.start_weights);
    CHECK(test::contains(test::message_of<InputError>([&] { static_cast<void>(train(job)); }),
                         "start.pt: tensor conv1.weight: is missing"));

    for (const auto& network : network_names()) {
        job.architecture.network = network;
        Network broken(job.architecture, 1);
        {
            const torch::NoGradGuard no_grad;
            broken.parameters()[4].fill_(std::nan(""));
        }
        save_state(broken, *job.start_weights);
        CHECK(test::contains(test::message_of<InputError>([&] { static_cast<void>(train(job)); }),
                             "holds values that are not finite"));
    }
}

TEST_CASE("train: data_fraction applies to fresh samples and exemplars alike") {
    const auto fresh = test::striped_crops(60, 1), exemplars = test::striped_crops(30, 2);
    auto job = test::small_job(fresh, 1, TrainedLayers::head);
    job.exemplars = &exemplars;
    job.config.data_fraction = 0.1;
    const auto outcome = train(job).first;
    CHECK(outcome.samples_used == 6);
    CHECK(outcome.exemplars_used == 3);
}

TEST_CASE("train: exemplars alone are enough, nothing at all is an input error") {
    const TrainingSamples none;
    const auto some = test::striped_crops(6, 1);
    auto job = test::small_job(none, 1, TrainedLayers::head);
    CHECK_THROWS_AS(static_cast<void>(train(job)), InputError);
    job.fresh = nullptr;
    CHECK_THROWS_AS(static_cast<void>(train(job)), InputError);
    job.exemplars = &some;
    CHECK(train(job).first.exemplars_used == 6);
}

TEST_CASE("train: one sample, or a class with none, breaks nothing") {
    for (const auto layers : {TrainedLayers::all, TrainedLayers::last_stage, TrainedLayers::head}) {
        const auto one = test::striped_crops(1, 1);
        CHECK(std::isfinite(train(test::small_job(one, 2, layers)).first.final_loss));
    }
    auto two_classes = test::striped_crops(17, 1);  // one more than a batch
    for (auto& label : two_classes.labels) label = std::min(label, 1);
    CHECK(std::isfinite(train(test::small_job(two_classes, 1)).first.final_loss));
}

TEST_CASE(
    "train: a loss that is not finite is an input error that says where, and leaves no model") {
    const test::TemporaryDirectory directory;
    const auto fresh = test::striped_crops(48, 1);
    auto job = test::small_job(fresh, 3);
    Network explosive(job.architecture, 1);
    {
        const torch::NoGradGuard no_grad;
        explosive.named_parameters()["fc.weight"].fill_(3e38);  // finite, its products are not
    }
    save_state(explosive, directory / "explosive.pt");
    job.start_weights = directory / "explosive.pt";
    const auto message = test::message_of<InputError>([&] { static_cast<void>(train(job)); });
    CHECK(test::contains(message, "epoch 1 of 3, batch 1: the loss is "));
}

TEST_CASE("train: a learning rate out of range is refused before anything runs") {
    const auto fresh = test::striped_crops(3, 1);
    auto job = test::small_job(fresh);
    for (const double rate : {std::nan(""), HUGE_VAL, 0.0, -1.0}) {
        job.config.learning_rate = rate;
        CHECK_THROWS_AS(static_cast<void>(train(job)), DomainError);
    }
}

TEST_CASE("train: a head of another width starts anew and the outcome says so") {
    const test::TemporaryDirectory directory;
    const auto fresh = test::striped_crops(30, 1);
    auto job = test::small_job(fresh, 1, TrainedLayers::head);
    job.held_out = &fresh;
    train(job).second.save(directory / "base.pt");
    job.start_weights = directory / "base.pt";
    CHECK_FALSE(train(job).first.head_reinitialised);
    job.architecture.head_width = 8;
    const auto outcome = train(job).first;
    CHECK(outcome.head_reinitialised);
    CHECK_FALSE(outcome.parent_accuracy);
    CHECK(outcome.accuracy);
}

TEST_CASE("train: hooks see every epoch, can stop early and can abort") {
    const auto fresh = test::striped_crops(33, 1), held_out = test::striped_crops(9, 2);
    auto job = test::small_job(fresh, 5, TrainedLayers::head);
    job.held_out = &held_out;
    TrainingHooks hooks;
    std::vector<EpochReport> reports;
    int pauses = 0;
    hooks.on_epoch = [&](const EpochReport& report) { reports.push_back(report); };
    hooks.between_batches = [&] {
        ++pauses;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    };
    hooks.epochs_to_run = [](const EpochReport& report) { return report.epoch == 2 ? 2 : 5; };
    hooks.accuracy_every_epoch = true;
    const auto outcome = train(job, hooks).first;
    CHECK(outcome.epochs == 2);
    REQUIRE(reports.size() == 2);
    CHECK(reports[1].epoch == 2);
    CHECK(reports[1].epochs == 5);
    CHECK(reports[1].held_out_accuracy == outcome.accuracy);
    CHECK(reports[1].loss == outcome.final_loss);
    CHECK(reports[1].learning_rate < reports[0].learning_rate);
    CHECK(pauses >= 2 * 3);  // three batches an epoch
    CHECK(reports[1].seconds >= 0.06);
    CHECK(reports[1].device_seconds > 0);
    CHECK(reports[1].device_seconds < reports[1].seconds - 0.03);  // pauses are no work

    hooks.between_batches = [] { throw Interrupted(15); };
    CHECK_THROWS_AS(static_cast<void>(train(job, hooks)), Interrupted);
}

TEST_CASE("train: told to run fewer epochs, the learning rate falls to its end by then") {
    const auto fresh = test::striped_crops(33, 1);
    const auto job = test::small_job(fresh, 8, TrainedLayers::head);
    std::vector<double> rates;
    TrainingHooks hooks;
    hooks.on_epoch = [&](const EpochReport& report) { rates.push_back(report.learning_rate); };
    hooks.epochs_to_run = [](const EpochReport&) { return 3; };
    CHECK(train(job, hooks).first.epochs == 3);
    REQUIRE(rates.size() == 3);
    CHECK(rates.back() < 0.1 * job.config.learning_rate);
    CHECK(rates.front() > 0.5 * job.config.learning_rate);
}

TEST_CASE("train: told to finish, no further batch is trained; what there is comes out") {
    const auto fresh = test::striped_crops(33, 1), held_out = test::striped_crops(9, 2);
    auto job = test::small_job(fresh, 5, TrainedLayers::all);
    job.held_out = &held_out;
    int batches = 0;
    TrainingHooks hooks;
    hooks.finish = [&] { return ++batches == 4; };  // of three an epoch
    const auto outcome = train(job, hooks).first;
    CHECK(batches == 4);
    CHECK(outcome.epochs == 2);
    CHECK(outcome.accuracy);
}

TEST_CASE("train: stored crops of another size than the network's input are resized") {
    const auto large = test::striped_crops(12, 1, 48);
    CHECK(std::isfinite(train(test::small_job(large, 1)).first.final_loss));
}
