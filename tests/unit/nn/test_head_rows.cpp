#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/nn/head_rows.hpp"
#include "small_network.hpp"
#include "state_dict.hpp"
#include "synthetic.hpp"

using namespace ekya;

TEST_CASE(
    "keep_head_rows: the logits of the classes that are left are those from before, in the order "
    "asked for") {
    const test::TemporaryDirectory directory;
    const torch::NoGradGuard no_grad;
    for (const char* name : {"resnet18", "mobilenet_v2", "shufflenet_v2"})
        for (const int head_width : {0, 8}) {
            CAPTURE(name);
            auto architecture = test::small_architecture(head_width);
            architecture.network = name;
            architecture.place_width = 4;
            Network old(architecture, 1);
            save_state(old, directory / "old.pt");
            const auto result =
                keep_head_rows(directory / "old.pt", architecture, {2, 0}, directory / "new.pt");
            CHECK(result.classes == 2);
            Network network(result);
            CHECK(load_state(network, directory / "new.pt", HeadPolicy::exact));
            const auto x = torch::rand({3, 3, 32, 32}), places = torch::rand({3, 4});
            old.eval();
            network.eval();
            const auto before = old.forward(x, places), after = network.forward(x, places);
            CHECK(torch::allclose(after.select(1, 0), before.select(1, 2), 1e-4, 1e-5));
            CHECK(torch::allclose(after.select(1, 1), before.select(1, 0), 1e-4, 1e-5));
            CHECK_FALSE(torch::allclose(before.select(1, 1), before.select(1, 0), 1e-4, 1e-5));
        }
}

TEST_CASE("keep_head_rows: outputs that are not there, or too few, are an error") {
    const test::TemporaryDirectory directory;
    save_state(Network(test::small_architecture(), 1), directory / "old.pt");
    const auto keep = [&](const std::vector<int>& outputs) {
        (void)keep_head_rows(directory / "old.pt", test::small_architecture(), outputs,
                             directory / "new.pt");
    };
    CHECK_THROWS_AS(keep({0}), DomainError);
    CHECK_THROWS_AS(keep({0, 3}), DomainError);
    CHECK_THROWS_AS(keep({1, 1}), DomainError);
    CHECK_FALSE(std::filesystem::exists(directory / "new.pt"));
}
