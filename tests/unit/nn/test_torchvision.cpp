#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "crop_tensor.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/nn/script_export.hpp"
#include "ekya/nn/weights.hpp"
#include "folded_network.hpp"
#include "state_dict.hpp"
#include "synthetic.hpp"

using namespace ekya;

namespace {

/// Runs torchvision_reference.py with the first Python that has torchvision. @return false if none
/// has
bool python(const std::string& what, const test::TemporaryDirectory& directory) {
    const char* const wish = std::getenv("PYTHON");
    for (const std::string interpreter : {wish ? wish : "python3", "python3", "/usr/bin/python3"}) {
        const std::string command = interpreter +
                                    " " EKYA_SOURCE_DIR "/tests/unit/nn/torchvision_reference.py " +
                                    what + " " + (directory / "").string();
        const int status = std::system(command.c_str());
        if (status == 0) return true;
        const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        REQUIRE_MESSAGE((code == 77 || code == 127), command);
    }
    MESSAGE("skipped: no Python with torchvision here");
    return false;
}

std::map<std::string, torch::Tensor> tensors_in(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(in),
                                  std::istreambuf_iterator<char>()};
    std::map<std::string, torch::Tensor> tensors;
    const auto dictionary = torch::pickle_load(bytes).toGenericDict();
    for (const auto& entry : dictionary)
        tensors[entry.key().toStringRef()] = entry.value().toTensor();
    return tensors;
}

void write(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
    REQUIRE(a.sizes() == b.sizes());
    return (a - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("torchvision: its weights give its logits, whichever way they were saved") {
    const test::TemporaryDirectory directory;
    if (!python("save", directory)) return;
    const torch::NoGradGuard no_grad;
    auto values = tensors_in(directory / "io.pt");
    for (const auto& [name, width] : {std::pair{"resnet18-1", 1.0},
                                      {"mobilenet_v2-1", 1.0},
                                      {"mobilenet_v2-0.5", 0.5},
                                      {"shufflenet_v2-1", 1.0},
                                      {"shufflenet_v2-0.5", 0.5}})
        for (const std::string ending : {".pt", ".ordered.pt", ".script.pt"}) {
            CAPTURE(name + ending);
            const std::string network_name(name, std::string_view(name).find('-'));
            Network network({network_name, width, 224, 0, 1000}, 7);
            CHECK(load_state(network, directory / (name + ending), HeadPolicy::exact));
            network.eval();
            if (ending == ".pt")
                CHECK(largest_difference(network.forward(values["input"]), values[name]) < 1e-4);
            CHECK(largest_difference(FoldedNetwork(network).forward(values["input"]),
                                     values[name]) < 1e-4);

            auto smaller_head = make_network({network_name, width, 224, 16, 5}, 7);
            CHECK_FALSE(
                load_state(*smaller_head, directory / (name + ending), HeadPolicy::may_be_other));
            CHECK(torch::equal(smaller_head->parameters()[0], network.parameters()[0]));
        }
}

TEST_CASE("torchvision: Python runs what export_script writes and gives the network's logits") {
    const test::TemporaryDirectory directory;
    for (const auto& name : network_names()) {
        CAPTURE(name);
        const Architecture architecture{name, 0.5, 32, 8, 3};
        Network network(architecture, 5);
        save_state(network, directory / "weights.pt");
        write(directory / "exported.pt",
              export_script(architecture, directory / "weights.pt", {"car", "bus", "sign"}));
        const auto samples = test::striped_crops(4, 1);
        c10::impl::GenericDict values(c10::StringType::get(), c10::TensorType::get());
        values.insert(
            "crops",
            crop_tensor(samples.crops, 0, 4, 32, torch::kCPU, no_normalisation).contiguous());
        const auto bytes = torch::pickle_save(values);
        write(directory / "io.pt", {bytes.begin(), bytes.end()});
        if (!python("run", directory)) return;
        network.eval();
        const torch::NoGradGuard no_grad;
        const auto expected =
            network.forward(crop_tensor(samples.crops, 0, 4, 32, torch::kCPU, own_normalisation));
        CHECK(largest_difference(tensors_in(directory / "logits.pt").at("logits"), expected) <
              1e-4);
    }
}
