#include "state_dict.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ekya/core/errors.hpp"
#include "torch_error.hpp"

namespace ekya {
namespace {

constexpr std::string_view not_finite = "holds values that are not finite";

using Dictionary = c10::Dict<std::string, torch::Tensor>;

std::vector<std::pair<std::string, torch::Tensor>> named_tensors(const ResNet18& network) {
    std::vector<std::pair<std::string, torch::Tensor>> tensors;
    for (const auto& entry : network.named_parameters()) tensors.emplace_back(entry.key(), entry.value());
    for (const auto& entry : network.named_buffers()) tensors.emplace_back(entry.key(), entry.value());
    return tensors;
}

std::vector<char> read_bytes(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw InputError(path.string() + ": cannot be opened: " + std::strerror(errno));
    std::vector<char> bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (in.bad()) throw InputError(path.string() + ": cannot be read");
    return bytes;
}

Dictionary read_dictionary(const std::filesystem::path& path) {
    const auto bytes = read_bytes(path);
    if (!std::string_view(bytes.data(), bytes.size()).starts_with("PK"))
        throw InputError(path.string() + ": not a weights file (" + std::to_string(bytes.size()) +
                         " bytes, no zip archive); expected a PyTorch state dictionary");
    Dictionary tensors;
    try {
        const auto value = torch::pickle_load(bytes);
        if (!value.isGenericDict()) throw InputError(path.string() + ": holds no dictionary of tensors");
        for (const auto& entry : value.toGenericDict()) {
            if (!entry.key().isString() || !entry.value().isTensor())
                throw InputError(path.string() + ": holds something else than named tensors");
            tensors.insert(entry.key().toStringRef(), entry.value().toTensor());
        }
    } catch (const std::exception& error) {
        rethrow_as_input_error(error, path.string() + ": damaged or no weights file");
    }
    return tensors;
}

std::string shape_of(const torch::Tensor& tensor) {
    std::ostringstream text;
    text << tensor.sizes();
    return text.str();
}

/// What keeps a tensor of the file out of the network; "" if nothing does.
std::string misfit(const torch::Tensor& found, const torch::Tensor& expected) {
    if (found.sizes() != expected.sizes()) return "found " + shape_of(found) + ", expected " + shape_of(expected);
    const bool plain = found.layout() == torch::kStrided && found.device().is_cpu() &&
                       found.is_floating_point() == expected.is_floating_point();
    if (!plain) return "found " + std::string(found.toString()) + ", expected " + std::string(expected.toString());
    if (found.is_floating_point() && !torch::isfinite(found).all().item<bool>()) return std::string(not_finite);
    return "";
}

/// Whether a tensor of the file is the output layer's for the first few classes.
bool is_first_rows(const std::string& name, const torch::Tensor& found, const torch::Tensor& expected) {
    if (!name.starts_with("fc.") || found.dim() != expected.dim() || found.size(0) < 1 || found.size(0) >= expected.size(0)) return false;
    return misfit(found, expected.narrow(0, 0, found.size(0))).empty();
}

}  // namespace

void save_state(const ResNet18& network, const std::filesystem::path& path) {
    const torch::NoGradGuard no_grad;
    c10::impl::GenericDict dictionary(c10::StringType::get(), c10::TensorType::get());
    for (const auto& [name, tensor] : named_tensors(network))
        dictionary.insert(name, tensor.detach().cpu().contiguous().clone());
    const auto bytes = torch::pickle_save(dictionary);

    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) throw SystemError(path.string() + ": cannot be written: " + std::strerror(errno));
}

bool load_state(ResNet18& network, const std::filesystem::path& path, HeadPolicy policy) {
    const torch::NoGradGuard no_grad;
    const auto found = read_dictionary(path);
    const auto expected = named_tensors(network);

    bool head_fits = true;
    for (const auto& [name, tensor] : expected) {
        const auto entry = found.find(name);
        const std::string fault = entry == found.end() ? "is missing" : misfit(entry->value(), tensor);
        if (fault.empty() || (policy == HeadPolicy::may_grow && entry != found.end() && is_first_rows(name, entry->value(), tensor))) continue;
        if (!is_head(name) || policy != HeadPolicy::may_be_other || fault == not_finite)
            throw InputError(path.string() + ": tensor " + name + ": " + fault);
        head_fits = false;
    }
    for (const auto& entry : found) {
        const bool known = std::any_of(expected.begin(), expected.end(),
                                       [&](const auto& wanted) { return wanted.first == entry.key(); });
        if (known) continue;
        if (!is_head(entry.key()) || policy != HeadPolicy::may_be_other)
            throw InputError(path.string() + ": tensor " + entry.key() + ": found " + shape_of(entry.value()) +
                             ", expected none: weights of another architecture");
        head_fits = false;
    }
    for (auto [name, tensor] : expected)
        if (head_fits || !is_head(name)) {
            const auto value = found.at(name);
            (value.dim() > 0 ? tensor.narrow(0, 0, value.size(0)) : tensor).copy_(value);
        }
    return head_fits;
}

void require_finite(const ResNet18& network) {
    for (const auto& [name, tensor] : named_tensors(network))
        if (tensor.is_floating_point() && !torch::isfinite(tensor).all().item<bool>())
            throw InputError("tensor " + name + ": " + std::string(not_finite));
}

}  // namespace ekya
