#include "training_state.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <optional>

#include "ekya/core/errors.hpp"
#include "tensor_file.hpp"
#include "torch_error.hpp"

namespace ekya {
namespace {

std::vector<torch::Tensor> tensors_of(const Network& network) {
    auto all = network.parameters();
    for (const auto& buffer : network.buffers()) all.push_back(buffer);
    return all;
}

torch::Tensor tensor_of_text(const std::string& text) {
    auto tensor = torch::empty({static_cast<std::int64_t>(text.size())}, torch::kUInt8);
    std::copy(text.begin(), text.end(), tensor.data_ptr<std::uint8_t>());
    return tensor;
}

std::string text_of(const torch::Tensor& tensor) {
    const auto* const begin = tensor.data_ptr<std::uint8_t>();
    return {begin, begin + tensor.numel()};
}

std::string key(const char* what, std::size_t i) { return what + std::to_string(i); }

}  // namespace

void TrainingState::write(const std::filesystem::path& file) const {
    NamedTensors state;
    const auto tensors = tensors_of(network);
    for (std::size_t i = 0; i < tensors.size(); ++i) state.insert(key("tensor", i), tensors[i]);
    const auto momenta = optimiser.momenta();
    for (std::size_t i = 0; i < momenta.size(); ++i)
        if (momenta[i]->defined()) state.insert(key("momentum", i), *momenta[i]);
    for (std::size_t i = 0; i < random.size(); ++i)
        state.insert(key("random", i), tensor_of_text(random[i]->state()));
    state.insert("order", torch::tensor(order, torch::kInt64));
    state.insert("losses", losses.empty() ? torch::empty({0}) : torch::stack(losses));
    state.insert("numbers", torch::tensor({step, steps, std::int64_t{outcome.epochs},
                                           std::int64_t{outcome.batch_size}}));
    state.insert("spent",
                 torch::tensor({outcome.final_loss, outcome.seconds, outcome.device_seconds},
                               torch::kFloat64));
    std::filesystem::path part = file;
    part += ".part";
    try {
        write_tensors(state, part);
        std::filesystem::rename(part, file);
    } catch (const std::exception& error) {
        throw SystemError(file.string() + ": cannot be written: " + first_line(error.what()));
    }
}

void TrainingState::read(const std::filesystem::path& file, const torch::Device& device) {
    const torch::NoGradGuard no_grad;
    NamedTensors state;
    const auto read = [&](const std::string& name, std::optional<torch::ScalarType> type,
                          std::optional<std::int64_t> count) {
        const auto found = state.find(name);
        if (found == state.end() || (type && found->value().scalar_type() != type) ||
            (count && found->value().numel() != *count))
            throw InputError("tensor " + name + " is missing or of another kind");
        return found->value().contiguous();
    };
    try {
        state = read_tensors(file);
        const auto tensors = tensors_of(network);
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            auto tensor = tensors[i];
            const auto value = read(key("tensor", i), tensor.scalar_type(), tensor.numel());
            if (value.sizes() != tensor.sizes())
                throw InputError("tensor " + key("tensor", i) + " is of another shape");
            tensor.copy_(value);
        }
        const auto momenta = optimiser.momenta();
        for (std::size_t i = 0; i < momenta.size(); ++i)
            if (const auto found = state.find(key("momentum", i)); found != state.end())
                *momenta[i] = found->value().to(device);
        for (std::size_t i = 0; i < random.size(); ++i)
            random[i]->go_on_from(text_of(read(key("random", i), torch::kUInt8, {})));
        const auto samples = read("order", torch::kInt64, {}),
                   numbers = read("numbers", torch::kInt64, 4),
                   spent = read("spent", torch::kFloat64, 3);
        order.assign(samples.data_ptr<std::int64_t>(),
                     samples.data_ptr<std::int64_t>() + samples.numel());
        losses = read("losses", {}, {}).to(device).unbind();
        step = numbers[0].item<std::int64_t>();
        steps = numbers[1].item<std::int64_t>();
        outcome.epochs = static_cast<int>(numbers[2].item<std::int64_t>());
        outcome.batch_size = static_cast<int>(numbers[3].item<std::int64_t>());
        outcome.final_loss = spent[0].item<double>();
        outcome.seconds = spent[1].item<double>();
        outcome.device_seconds = spent[2].item<double>();
    } catch (const std::exception& error) {
        throw InputError(file.string() +
                         ": not the state of this training: " + first_line(error.what()));
    }
}

}  // namespace ekya
