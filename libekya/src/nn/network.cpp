#include "network.hpp"

#include <cmath>

#include "walk.hpp"
#include "zoo.hpp"

namespace ekya {
namespace {

using Kind = Operation::Kind;

/// Registers a module under a dotted name; what stands before the dots becomes containers.
template <typename Module>
Module register_at(torch::nn::Module& root, const std::string& name, Module module) {
    torch::nn::Module* parent = &root;
    std::size_t start = 0;
    for (std::size_t dot = name.find('.'); dot != std::string::npos;
         start = dot + 1, dot = name.find('.', start)) {
        const std::string part = name.substr(start, dot - start);
        const auto children = parent->named_children();
        parent = children.contains(part)
                     ? children[part].get()
                     : parent->register_module(part, std::make_shared<torch::nn::Module>()).get();
    }
    return parent->register_module(name.substr(start), module);
}

bool is_detector_output(const std::string& name) {
    return name.starts_with("head.out.") ||
           (name.starts_with("detect_head.") && name.find(".conv5x5.3.") != std::string::npos);
}

/// Standard deviation of the first weights. Batch norm makes the scale of a convolution's weights
/// free, but it decides how far a step of given length turns them.
double deviation(const std::string& name, const torch::Tensor& weight) {
    if (is_detector_output(name)) return 0.01;  // a detector begins with what its biases say
    if (weight.dim() == 2) {
        const double gain = name.starts_with("hidden") || name.starts_with("place")
                                ? 2
                                : 1.0 / 3;  // 1/3: torch's default for Linear
        return std::sqrt(gain / static_cast<double>(weight.size(1)));
    }
    const bool depthwise = weight.size(1) == 1;
    const auto fan_out =
        static_cast<double>((depthwise ? 1 : weight.size(0)) * weight.size(2) * weight.size(3));
    return std::sqrt(2 / fan_out);
}

/// He initialisation from a generator of our own: libtorch's global one is shared by all threads.
void initialise(torch::nn::Module& network, std::uint64_t seed) {
    const torch::NoGradGuard no_grad;
    auto generator = at::detail::createCPUGenerator(seed);
    for (auto& entry : network.named_parameters()) {
        torch::Tensor& parameter = entry.value();
        if (parameter.dim() > 1)
            parameter.normal_(0, deviation(entry.key(), parameter), generator);
        else
            parameter.fill_(entry.key().ends_with("weight")
                                ? 1
                                : 0);  // batch norm starts as the identity, biases at 0
        if (entry.key() == "head.out.bias") {
            // Hardly any cell of a frame is the centre of an object; sides begin at three cells.
            parameter.narrow(0, 0, box_outputs).fill_(std::log(1.5));
            parameter.narrow(0, box_outputs, parameter.size(0) - box_outputs)
                .fill_(std::log(0.02 / 0.98));
        }
        if (entry.key() == "detect_head.obj_layers.conv5x5.3.bias")
            parameter.fill_(std::log(0.02 / 0.98));
        if (entry.key() == "detect_head.reg_layers.conv5x5.3.bias")
            parameter.narrow(0, 2, 2).fill_(std::log(0.15 / 0.85));
    }
}

/// oneDNN 2.7 writes beyond its memory in the gradient of 1x1 convolutions that leave out pixels,
/// where the number of channels is no multiple of 16: those are products of matrices here.
torch::Tensor filtered(torch::nn::Conv2dImpl& convolution, const torch::Tensor& x,
                       const Operation& o) {
    if (o.kernel > 1 || o.stride == 1 || o.in % 16 == 0 || !x.is_cpu())
        return convolution.forward(x);
    return pointwise(x.slice(2, 0, c10::nullopt, o.stride).slice(3, 0, c10::nullopt, o.stride),
                     convolution.weight, {});
}

}  // namespace

Network::Network(const Architecture& architecture)
    : architecture_(architecture),
      program_(program_for(architecture)),
      layers_(program_.operations.size()) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        const Operation& o = program_.operations[i];
        if (o.kind == Kind::convolution) {
            const auto options = torch::nn::Conv2dOptions(o.in, o.out, o.kernel)
                                     .stride(o.stride)
                                     .padding(o.padding())
                                     .groups(o.groups)
                                     .bias(o.norm.empty());
            layers_[i].convolution = register_at(*this, o.name, torch::nn::Conv2d(options));
            if (!o.norm.empty())
                layers_[i].norm = register_at(*this, o.norm, torch::nn::BatchNorm2d(o.out));
        }
        if (o.kind == Kind::linear || o.kind == Kind::place)
            layers_[i].linear = register_at(*this, o.name, torch::nn::Linear(o.in, o.out));
    }
}

Network::Network(const Architecture& architecture, std::uint64_t seed) : Network(architecture) {
    initialise(*this, seed);
}

torch::Tensor Network::forward_from(Cut cut, const NetworkInput& x) {
    const auto layer = [this](std::size_t i, const torch::Tensor& input) {
        Layer& l = layers_[i];
        if (!l.linear.is_empty()) return l.linear(input);
        if (l.norm.is_empty()) return pointwise(input, l.convolution->weight, l.convolution->bias);
        return l.norm(filtered(*l.convolution, input, program_.operations[i]));
    };
    return walk(program_, program_.begin(cut), layers_.size(), path_values(x), x.places, layer)[0];
}

void Network::train_from(Cut cut) {
    eval();
    for (auto& parameter : parameters()) parameter.set_requires_grad(false);
    const auto thaw = [](auto module) {
        if (module.is_empty()) return;
        module->train();
        for (auto& parameter : module->parameters()) parameter.set_requires_grad(true);
    };
    for (std::size_t i = program_.begin(cut); i < layers_.size(); ++i) {
        thaw(layers_[i].convolution);
        thaw(layers_[i].norm);
        thaw(layers_[i].linear);
    }
}

std::vector<torch::Tensor> Network::trained_parameters() const {
    std::vector<torch::Tensor> trained;
    for (const auto& parameter : parameters())
        if (parameter.requires_grad()) trained.push_back(parameter);
    return trained;
}

std::shared_ptr<Network> make_network(const Architecture& architecture, std::uint64_t seed) {
    return std::make_shared<Network>(architecture, seed);
}

}  // namespace ekya
