#include "ekya/nn/script_export.hpp"

#include <torch/script.h>

#include <algorithm>
#include <sstream>

#include "crop_tensor.hpp"
#include "ekya/core/errors.hpp"
#include "folded_network.hpp"
#include "state_dict.hpp"

namespace ekya {
namespace {

using Kind = Operation::Kind;

/// The module's attribute for a tensor: "layer1.0.conv1" -> "layer1_0_conv1"; "t" in front, since a
/// name may not begin with a number or be a word of the language.
std::string attribute(const Operation& operation, const char* what) {
    std::string name = "t_" + operation.name + "_" + what;
    std::replace(name.begin(), name.end(), '.', '_');
    return name;
}

const char* variable(Path path) { return path == Path::main ? "x" : "y"; }

std::string activated_text(const std::string& value, Activation activation) {
    switch (activation) {
        case Activation::relu:
            return "torch.relu(" + value + ")";
        case Activation::relu6:
            return "torch.clamp(" + value + ", 0.0, 6.0)";
        case Activation::none:
            break;
    }
    return value;
}

std::string pair(std::int64_t value) {
    std::ostringstream text;
    text << '[' << value << ", " << value << ']';
    return text.str();
}

/// One operation as a statement on x, the main path, and y, the branch.
std::string statement(const Operation& o) {
    const std::string tensors = "self." + attribute(o, "weight") + ", self." + attribute(o, "bias");
    const std::string from = variable(o.from), to = variable(o.to);
    switch (o.kind) {
        case Kind::convolution:
            return to + " = " +
                   activated_text("torch.conv2d(" + from + ", " + tensors + ", " + pair(o.stride) +
                                      ", " + pair(o.padding()) + ", [1, 1], " +
                                      std::to_string(o.groups) + ")",
                                  o.activation);
        case Kind::linear:
            return "x = " + activated_text("torch.linear(x, " + tensors + ")", o.activation);
        case Kind::max_pool:
            return "x = torch.max_pool2d(x, [3, 3], [2, 2], [1, 1])";
        case Kind::add:
            return "x = " + activated_text("x + y", o.activation);
        case Kind::split:
            return "y = x[:, x.size(1) // 2:]\n    x = x[:, :x.size(1) // 2]";
        case Kind::interleave:
            return "x = torch.stack([x, y], 2).flatten(1, 2)";
        case Kind::mean:
            return "x = x.mean([2, 3])";
        case Kind::average_pool:
        case Kind::deal:
        case Kind::concatenate:
        case Kind::keep:
        case Kind::merge:
        case Kind::enlarge:
            break;  // of detectors
        case Kind::place:
            return "cx, cy, w, h = torch.unbind(places, 1)\n    p = torch.stack([(cx - 0.5) * 3, "
                   "(cy - 0.5) * 4, torch.log(torch.clamp_min(w, 0.001) / 0.08), "
                   "torch.log(torch.clamp_min(h, 0.001) / 0.1), (cy + h / 2 - 0.6) * 4], 1)\n    x "
                   "= torch.cat([x, " +
                   activated_text("torch.linear(p, " + tensors + ")", o.activation) + "], 1)";
    }
    return "";
}

/// own_normalisation (crop_tensor.hpp) of values in [0, 1].
std::string standardisation() {
    std::ostringstream text;
    text << "    x = x - x.mean([1, 2, 3], True)\n    x = x * torch.rsqrt((x * x).mean([1, 2, 3], "
            "True) + "
         << least_variance << ")\n";
    return text.str();
}

torch::jit::Module module_of(const FoldedNetwork& network) {
    torch::jit::Module module("EkyaClassifier");
    const bool takes_places = network.takes_places();
    std::string body =
        std::string(takes_places ? "def forward(self, x, places):\n" : "def forward(self, x):\n") +
        standardisation();
    for (std::size_t i = 0; i < network.program().operations.size(); ++i) {
        const Operation& o = network.program().operations[i];
        const auto& [weight, bias] = network.weights(i);
        if (weight.defined()) {
            module.register_parameter(attribute(o, "weight"), weight, /*is_buffer=*/false);
            module.register_parameter(attribute(o, "bias"), bias, /*is_buffer=*/false);
        }
        body += "    " + statement(o) + "\n";
    }
    module.define(body + "    return x\n");
    module.register_attribute("takes_places", c10::BoolType::get(), takes_places);
    return module;
}

}  // namespace

std::string export_script(const Architecture& architecture, const std::filesystem::path& weights,
                          const std::vector<std::string>& classes) {
    if (architecture.task != classification_task)
        throw DomainError("task: " + architecture.task +
                          " cannot be exported as TorchScript yet, only classification can");
    Network network(architecture);
    load_state(network, weights, HeadPolicy::exact);
    auto module = module_of(FoldedNetwork(network));
    module.register_attribute("input_size", c10::IntType::get(), architecture.input_size);
    module.register_attribute("classes", c10::ListType::ofStrings(),
                              c10::List<std::string>(classes));
    module.register_attribute("standardises", c10::BoolType::get(), true);
    module.eval();
    std::ostringstream bytes;
    module.save(bytes);
    return bytes.str();
}

}  // namespace ekya
