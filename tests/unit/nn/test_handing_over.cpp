// A training that another process goes on with.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "ekya/core/errors.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/nn/training.hpp"
#include "synthetic.hpp"

using namespace ekya;

namespace {

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TrainingJob small_job(const TrainingSamples& fresh, const TrainingSamples& held_out) {
    TrainingJob job;
    job.architecture = {.width = 0.125, .input_size = 16, .classes = 3};
    job.config.epochs = 3;
    job.config.batch_size = 8;
    job.fresh = &fresh;
    job.held_out = &held_out;
    job.precision = Precision::full;
    return job;
}

/// Trains in as many processes' stead as it takes; each leaves before its (k + 1)-th batch.
std::pair<TrainingOutcome, TrainedModel> in_turns(const TrainingJob& job, int k,
                                                  const std::filesystem::path& state, int& turns) {
    for (turns = 1;; ++turns) {
        int asked = 0;
        TrainingHooks hooks;
        hooks.state_file = state;
        hooks.leave = [&] { return asked++ == k; };
        try {
            return train(job, hooks);
        } catch (const HandedOver&) {
            REQUIRE(turns < 100);
        }
    }
}

}  // namespace

TEST_CASE("train: handed over again and again, it ends with the same bits") {
    set_threads(1);
    const test::TemporaryDirectory directory;
    const auto fresh = test::striped_crops(38, 1, 16), held_out = test::striped_crops(12, 2, 16);
    for (const auto layers : {TrainedLayers::all, TrainedLayers::last_stage, TrainedLayers::head}) {
        auto job = small_job(fresh, held_out);
        job.config.layers = layers;
        auto [whole, model] = train(job);
        model.save(directory / "whole.pt");
        for (const int k : {1, 3, 5}) {  // within epochs of five batches, and at their end
            int turns = 0;
            auto [outcome, trained] = in_turns(job, k, directory / "state", turns);
            CHECK(turns == (15 + k - 1) / k);
            trained.save(directory / "turns.pt");
            CHECK(bytes_of(directory / "turns.pt") == bytes_of(directory / "whole.pt"));
            CHECK(outcome.epochs == 3);
            CHECK(outcome.final_loss == whole.final_loss);
            CHECK(outcome.accuracy == whole.accuracy);
            std::filesystem::remove(directory / "state");
        }
    }
}

TEST_CASE("train: what is no state of this training is refused by name") {
    const test::TemporaryDirectory directory;
    const auto fresh = test::striped_crops(20, 1, 16);
    auto job = small_job(fresh, fresh);
    TrainingHooks hooks;
    hooks.state_file = directory / "state";
    std::ofstream(hooks.state_file) << "nonsense";
    const auto refused = [&] { static_cast<void>(train(job, hooks)); };
    CHECK(test::contains(test::message_of<InputError>(refused), "not the state of this training"));
    hooks.leave = [] { return true; };
    std::filesystem::remove(hooks.state_file);
    CHECK_THROWS_AS(refused(), HandedOver);
    job.architecture.width = 0.25;
    hooks.leave = nullptr;
    CHECK(test::contains(test::message_of<InputError>(refused), "not the state of this training"));
}
