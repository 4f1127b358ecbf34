#include <doctest/doctest.h>

#include "optimiser.hpp"
#include "training_set.hpp"

using namespace ekya;

TEST_CASE("learning_rate_at: rises, peaks at the highest, ends near 0") {
    CHECK(learning_rate_at(0, 100, 1.0) == doctest::Approx(1.0 / 11));
    CHECK(learning_rate_at(10, 100, 1.0) == doctest::Approx(1.0));
    CHECK(learning_rate_at(55, 100, 1.0) == doctest::Approx(0.505));
    CHECK(learning_rate_at(99, 100, 1.0) < 0.012);
    CHECK(learning_rate_at(0, 1, 1.0) == doctest::Approx(1.0));  // too short for a warm-up
}

TEST_CASE("class_weights: rare classes weigh more, within bounds, and the mean over samples is 1") {
    std::vector<int> labels(1000, 0);
    labels.insert(labels.end(), 250, 1);
    labels.insert(labels.end(), 1, 2);
    const auto weights = class_weights(labels, 4);
    const auto ratio = [&](int i) { return (weights[i] / weights[0]).item<double>(); };
    CHECK(ratio(1) == doctest::Approx(2));
    CHECK(ratio(2) == doctest::Approx(4));
    CHECK(torch::isfinite(weights).all().item<bool>());  // class 3 has no sample
    double sum = 0;
    for (const int label : labels) sum += weights[label].item<double>();
    CHECK(sum / static_cast<double>(labels.size()) == doctest::Approx(1).epsilon(1e-4));
}

TEST_CASE("batch_sizes: even, complete and never a single sample behind others") {
    CHECK(batch_sizes(64, 32) == std::vector<std::int64_t>{32, 32});
    CHECK(batch_sizes(65, 32) == std::vector<std::int64_t>{22, 22, 21});
    CHECK(batch_sizes(3, 2) == std::vector<std::int64_t>{3});
    CHECK(batch_sizes(1, 32) == std::vector<std::int64_t>{1});
    for (std::int64_t samples = 2; samples < 70; ++samples)
        for (const std::int64_t size : {2, 3, 16, 32}) {
            std::int64_t sum = 0;
            for (const auto batch : batch_sizes(samples, size)) {
                CHECK(batch >= 2);
                CHECK(batch <= size + 1);
                sum += batch;
            }
            CHECK(sum == samples);
        }
}

TEST_CASE("TrainingSet: rows and labels stay together, variants are drawn from all") {
    const auto inputs =
        torch::arange(6.0F).view({6, 1});  // three samples, two variants: 0 1 2, then 3 4 5
    TrainingSet set({inputs, {}}, {0, 1, 2}, torch::kCPU);
    CHECK(set.count() == 3);
    Random random(1, 1);
    bool first_seen = false, second_seen = false;
    for (int i = 0; i < 20; ++i) {
        const auto batch = set.batch({2, 1}, random);
        CHECK(torch::equal(batch.labels, torch::tensor({2, 1}, torch::kInt64)));
        CHECK(
            torch::equal(batch.inputs.values.squeeze(1).remainder(3), torch::tensor({2.0F, 1.0F})));
        const auto value = batch.inputs.values[0][0].item<double>();
        first_seen = first_seen || value == 2;
        second_seen = second_seen || value == 5;
    }
    CHECK(first_seen);
    CHECK(second_seen);
}
