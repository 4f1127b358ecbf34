#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <limits>

#include "ekya/core/errors.hpp"
#include "ekya/nn/weights.hpp"
#include "random.hpp"
#include "small_network.hpp"
#include "state_dict.hpp"
#include "synthetic.hpp"

using namespace ekya;

namespace {

std::vector<char> bytes_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::filesystem::path& path, const std::vector<char>& bytes) {
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string complaint(const std::filesystem::path& path, const Architecture& architecture) {
    return test::message_of<InputError>([&] { check_weights(path, architecture); });
}

}  // namespace

TEST_CASE("weights: what was saved comes back bit by bit") {
    const test::TemporaryDirectory directory;
    const Network saved(test::small_architecture(8), 1);
    save_state(saved, directory / "a.pt");
    Network loaded(test::small_architecture(8), 2);
    CHECK(load_state(loaded, directory / "a.pt", HeadPolicy::exact));
    for (const auto& entry : saved.named_parameters())
        CHECK_MESSAGE(torch::equal(entry.value(), loaded.named_parameters()[entry.key()]),
                      entry.key());
    save_state(loaded, directory / "b.pt");
    CHECK(bytes_of(directory / "a.pt") == bytes_of(directory / "b.pt"));
}

TEST_CASE("weights: another architecture is an error that names file, tensor and shapes") {
    const test::TemporaryDirectory directory;
    const auto path = directory / "model.pt";
    save_state(Network(test::small_architecture(), 1), path);
    CHECK(complaint(path, test::small_architecture()).empty());

    auto wider = test::small_architecture();
    wider.width = 0.25;
    CHECK(complaint(path, wider) ==
          path.string() + ": tensor conv1.weight: found [8, 3, 3, 3], expected [16, 3, 3, 3]");
    auto more_classes = test::small_architecture();
    more_classes.classes = 4;
    CHECK(test::contains(complaint(path, more_classes),
                         "tensor fc.weight: found [3, 64], expected [4, 64]"));
    CHECK(test::contains(complaint(path, test::small_architecture(8)),
                         "tensor hidden.weight: is missing"));

    save_state(Network(test::small_architecture(8), 1), path);
    CHECK(test::contains(complaint(path, test::small_architecture()),
                         "tensor fc.weight: found [3, 8]"));
}

TEST_CASE("weights: truncated, foreign and missing files are input errors that name the file") {
    const test::TemporaryDirectory directory;
    const auto whole = directory / "whole.pt", broken = directory / "broken.pt";
    save_state(Network(test::small_architecture(), 1), whole);
    const auto bytes = bytes_of(whole);
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{1}, std::size_t{100}, bytes.size() / 2, bytes.size() - 1}) {
        write_bytes(broken, {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)});
        const auto message = complaint(broken, test::small_architecture());
        CHECK(message.starts_with(broken.string() + ": "));
        CHECK_FALSE(test::contains(message, "\n"));
    }
    write_bytes(broken, {'h', 'e', 'l', 'l', 'o'});
    CHECK(test::contains(complaint(broken, test::small_architecture()),
                         "not a weights file (5 bytes"));
    CHECK(test::contains(complaint(directory / "absent.pt", test::small_architecture()),
                         "cannot open"));
    write_bytes(broken, torch::pickle_save(torch::ones({3})));
    CHECK(test::contains(complaint(broken, test::small_architecture()), "no dictionary"));
}

TEST_CASE("weights: weights that are not finite are an error") {
    const test::TemporaryDirectory directory;
    Network network(test::small_architecture(), 1);
    {
        const torch::NoGradGuard no_grad;
        network.named_parameters()["fc.bias"][1] = std::numeric_limits<float>::quiet_NaN();
    }
    save_state(network, directory / "nan.pt");
    CHECK(test::contains(complaint(directory / "nan.pt", test::small_architecture()),
                         "fc.bias: holds values that are not"));
    CHECK_THROWS_AS(require_finite(network), InputError);
}

TEST_CASE("load_state: a head of another shape can be left out, nothing else") {
    const test::TemporaryDirectory directory;
    const auto path = directory / "model.pt";
    const Network saved(test::small_architecture(), 1);
    save_state(saved, path);

    Network other(test::small_architecture(8), 2);
    const auto own_head = other.named_parameters()["fc.weight"].detach().clone();
    CHECK_FALSE(load_state(other, path, HeadPolicy::may_be_other));
    CHECK(torch::equal(other.named_parameters()["conv1.weight"],
                       saved.named_parameters()["conv1.weight"]));
    CHECK(torch::equal(other.named_parameters()["fc.weight"], own_head));

    auto wider = test::small_architecture();
    wider.width = 0.25;
    Network unfit(wider, 2);
    CHECK_THROWS_AS(load_state(unfit, path, HeadPolicy::may_be_other), InputError);
}

TEST_CASE("save_state: a place that cannot be written is a system error") {
    CHECK_THROWS_AS(save_state(Network(test::small_architecture(), 1), "/nonexistent/model.pt"),
                    SystemError);
}
