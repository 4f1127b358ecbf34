#include <doctest/doctest.h>

#include <thread>

#include "ekya/core/errors.hpp"
#include "ekya/nn/classifier.hpp"
#include "small_network.hpp"
#include "state_dict.hpp"
#include "synthetic.hpp"

using namespace ekya;

namespace {

std::filesystem::path saved_network(const test::TemporaryDirectory& directory) {
    const auto path = directory / "model.pt";
    save_state(Network(test::small_architecture(), 1), path);
    return path;
}

}  // namespace

TEST_CASE("Classifier: one prediction per crop, chunks do not show") {
    const test::TemporaryDirectory directory;
    Classifier classifier(test::small_architecture(), saved_network(directory));
    classifier.warm_up(2);
    const auto samples = test::striped_crops(270, 1);
    const auto together = classifier.classify(samples.crops);
    REQUIRE(together.size() == 270);
    const auto last = samples.crops.crop(269);
    const auto alone = classifier.classify({32, {last.begin(), last.end()}});
    CHECK(alone[0].class_index == together[269].class_index);
    CHECK(alone[0].probability == doctest::Approx(together[269].probability).epsilon(1e-4));
    CHECK(alone[0].probability >= 1.0 / 3);
    CHECK(alone[0].probability <= 1);
    CHECK(classifier.classify({}).empty());
}

TEST_CASE("Classifier: crops and inputs of other sizes") {
    const test::TemporaryDirectory directory;
    Classifier smaller(test::small_architecture(), saved_network(directory), "cpu", 24);
    CHECK(smaller.input_size() == 24);
    const auto crops = test::striped_crops(2, 1, 48).crops;
    const auto answers = smaller.classify(crops);
    CHECK(answers.size() == 2);
    const Classifier trained(test::small_architecture(), saved_network(directory));
    auto same = trained.at_input_size(24);
    CHECK((same.input_size() == 24 && trained.input_size() == 32));
    CHECK(same.classify(crops)[1].probability == answers[1].probability);
    CHECK_THROWS_AS(static_cast<void>(trained.at_input_size(8)), DomainError);
    CHECK_THROWS_AS(Classifier(test::small_architecture(), saved_network(directory), "cpu", 8),
                    DomainError);
    CHECK_THROWS_AS(Classifier(test::small_architecture(), saved_network(directory), "tpu"),
                    ConfigError);
}

TEST_CASE("Classifier: accuracy needs samples; a batch needs a crop") {
    const test::TemporaryDirectory directory;
    Classifier classifier(test::small_architecture(), saved_network(directory));
    const auto accuracy = classifier.accuracy(test::striped_crops(30, 1));
    CHECK(accuracy >= 0);
    CHECK(accuracy <= 1);
    CHECK_THROWS_AS(static_cast<void>(classifier.accuracy({})), DomainError);
    CHECK_THROWS_AS(classifier.warm_up(0), DomainError);
}

TEST_CASE("Classifier: one loads while another classifies") {
    const test::TemporaryDirectory directory;
    const auto path = saved_network(directory);
    Classifier serving(test::small_architecture(), path);
    const auto samples = test::striped_crops(16, 1);
    const auto expected = serving.classify(samples.crops);
    std::thread loading([&] {
        for (int i = 0; i < 5; ++i) Classifier(test::small_architecture(), path).warm_up(1);
    });
    int differences = 0;
    for (int i = 0; i < 20; ++i) {
        const auto found = serving.classify(samples.crops);
        for (std::size_t crop = 0; crop < found.size(); ++crop)
            differences += found[crop].class_index != expected[crop].class_index;
    }
    loading.join();
    CHECK(differences == 0);
}
