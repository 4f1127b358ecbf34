#include <doctest/doctest.h>

#include "augmentation.hpp"

using namespace ekya;

TEST_CASE("Augmentation::of_strength: 0 changes nothing, 1 is the usual one") {
    Random random(1, 1);
    const NetworkInput batch{torch::rand({4, 3, 8, 8}), torch::rand({4, 4})};
    const auto same = augmented(batch, Augmentation::of_strength(0), random);
    CHECK(torch::allclose(same.values, batch.values, 1e-4, 1e-4));
    CHECK(torch::allclose(same.places, batch.places));
    CHECK(Augmentation::of_strength(1).shift == Augmentation{}.shift);
    CHECK(Augmentation::of_strength(2).zoom == 2 * Augmentation{}.zoom);
}

TEST_CASE("augmented: nothing asked for, nothing changed; a certain flip mirrors") {
    Random random(1, 1);
    const auto batch = torch::randn({3, 3, 16, 16}, at::detail::createCPUGenerator(1));
    CHECK(
        torch::allclose(augmented({batch, {}}, {0, 0, 0, 0, 0}, random).values, batch, 1e-4, 1e-4));
    CHECK(torch::allclose(augmented({batch, {}}, {0, 0, 1, 0, 0}, random).values, batch.flip({3}),
                          1e-4, 1e-4));
}

TEST_CASE("augmented: the same random numbers, the same crops; every crop its own") {
    const auto batch = torch::randn({1, 3, 16, 16}, at::detail::createCPUGenerator(1))
                           .expand({4, 3, 16, 16})
                           .contiguous();
    Random first(1, 1), second(1, 1);
    const auto changed = augmented({batch, {}}, {}, first).values;
    CHECK(torch::equal(changed, augmented({batch, {}}, {}, second).values));
    CHECK_FALSE(torch::allclose(changed[0], changed[1]));
    CHECK(changed.is_contiguous(torch::MemoryFormat::ChannelsLast));
}

TEST_CASE("augmented: light stays within its bounds") {
    Random random(2, 1);
    const auto changed =
        augmented({torch::ones({64, 3, 8, 8}), {}}, {0, 0, 0, 0.2, 0.5}, random).values;
    CHECK(changed.min().item<double>() > 1 / 1.5 - 0.2 - 1e-4);
    CHECK(changed.max().item<double>() < 1.5 + 0.2 + 1e-4);
    CHECK(changed.max().item<double>() - changed.min().item<double>() > 0.5);
}
