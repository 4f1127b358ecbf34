#include "state_dict.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
#include "onnx_weights.hpp"

namespace ekya {
namespace {

constexpr std::string_view not_finite = "holds values that are not finite";

std::vector<std::pair<std::string, torch::Tensor>> named_tensors(const Network& network) {
    std::vector<std::pair<std::string, torch::Tensor>> tensors;
    for (const auto& entry : network.named_parameters())
        tensors.emplace_back(entry.key(), entry.value());
    for (const auto& entry : network.named_buffers())
        tensors.emplace_back(entry.key(), entry.value());
    return tensors;
}

std::string shape_of(const torch::Tensor& tensor) {
    std::ostringstream text;
    text << tensor.sizes();
    return text.str();
}

/// What keeps a tensor of the file out of the network; "" if nothing does.
std::string misfit(const torch::Tensor& found, const torch::Tensor& expected) {
    if (found.sizes() != expected.sizes())
        return "found " + shape_of(found) + ", expected " + shape_of(expected);
    const bool plain = found.layout() == torch::kStrided && found.device().is_cpu() &&
                       found.is_floating_point() == expected.is_floating_point();
    if (!plain)
        return "found " + std::string(found.toString()) + ", expected " +
               std::string(expected.toString());
    if (found.is_floating_point() && !torch::isfinite(found).all().item<bool>())
        return std::string(not_finite);
    return "";
}

/// Whether a tensor of the file is the output layer's for the first few classes.
bool is_first_rows(const std::string& name, const torch::Tensor& found,
                   const torch::Tensor& expected) {
    if (!first_class_row(name) || found.dim() != expected.dim() || found.size(0) < 1 ||
        found.size(0) >= expected.size(0))
        return false;
    return misfit(found, expected.narrow(0, 0, found.size(0))).empty();
}

}  // namespace

void save_state(const Network& network, const std::filesystem::path& path) {
    NamedTensors tensors;
    for (const auto& [name, tensor] : named_tensors(network)) tensors.insert(name, tensor);
    write_tensors(tensors, path);
}

bool load_state(Network& network, const std::filesystem::path& path, HeadPolicy policy) {
    return load_state(network,
                      is_onnx(path) ? onnx_tensors(path, network.program()) : read_tensors(path),
                      path, policy);
}

bool load_state(Network& network, const NamedTensors& found, const std::filesystem::path& path,
                HeadPolicy policy) {
    const torch::NoGradGuard no_grad;
    const auto expected = named_tensors(network);

    bool head_fits = true;
    for (const auto& [name, tensor] : expected) {
        const auto entry = found.find(name);
        // Counts batches and is used by nothing; files of old have none.
        if (entry == found.end() && name.ends_with("num_batches_tracked") &&
            policy == HeadPolicy::may_be_other)
            continue;
        const std::string fault = entry == found.end() ? "is missing, expected " + shape_of(tensor)
                                                       : misfit(entry->value(), tensor);
        if (fault.empty() || (policy == HeadPolicy::may_grow && entry != found.end() &&
                              is_first_rows(name, entry->value(), tensor)))
            continue;
        if (!is_head(name) || policy != HeadPolicy::may_be_other || fault == not_finite)
            throw InputError(path.string() + ": tensor " + name + ": " + fault);
        head_fits = false;
    }
    for (const auto& entry : found) {
        const bool known = std::any_of(expected.begin(), expected.end(), [&](const auto& wanted) {
            return wanted.first == entry.key();
        });
        if (known) continue;
        if (!is_head(entry.key()) || policy != HeadPolicy::may_be_other)
            throw InputError(path.string() + ": tensor " +
                             printable(entry.key(), limits::quoted_bytes) + ": found " +
                             shape_of(entry.value()) +
                             ", expected none: weights of another architecture");
        head_fits = false;
    }
    for (auto [name, tensor] : expected)
        if ((head_fits || !is_head(name)) && found.contains(name)) {
            const auto value = found.at(name);
            (value.dim() > 0 ? tensor.narrow(0, 0, value.size(0)) : tensor).copy_(value);
        }
    return head_fits;
}

void require_finite(const Network& network) {
    for (const auto& [name, tensor] : named_tensors(network))
        if (tensor.is_floating_point() && !torch::isfinite(tensor).all().item<bool>())
            throw InputError("tensor " + name + ": " + std::string(not_finite));
}

}  // namespace ekya
