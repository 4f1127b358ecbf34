#include "training_state.hpp"

#include <torch/torch.h>

#include "ekya/core/errors.hpp"
#include "torch_error.hpp"

namespace ekya {
namespace {

std::vector<torch::Tensor> tensors_of(const Network& network) {
    auto all = network.parameters();
    for (const auto& buffer : network.buffers()) all.push_back(buffer);
    return all;
}

std::string key(const char* what, std::size_t i) { return what + std::to_string(i); }

}  // namespace

void TrainingState::write(const std::filesystem::path& file) const {
    const torch::NoGradGuard no_grad;
    torch::serialize::OutputArchive archive;
    const auto tensors = tensors_of(network);
    for (std::size_t i = 0; i < tensors.size(); ++i)
        archive.write(key("tensor", i), tensors[i].detach());
    const auto momenta = optimiser.momenta();
    for (std::size_t i = 0; i < momenta.size(); ++i)
        if (momenta[i]->defined()) archive.write(key("momentum", i), *momenta[i]);
    for (std::size_t i = 0; i < random.size(); ++i)
        archive.write(key("random", i), c10::IValue(random[i]->state()));
    archive.write("order", torch::tensor(order, torch::kInt64));
    archive.write("losses", losses.empty() ? torch::empty({0}) : torch::stack(losses));
    archive.write("numbers", torch::tensor({step, steps, std::int64_t{outcome.epochs},
                                            std::int64_t{outcome.batch_size}}));
    archive.write("spent",
                  torch::tensor({outcome.final_loss, outcome.seconds, outcome.device_seconds},
                                torch::kFloat64));
    std::filesystem::path part = file;
    part += ".part";
    try {
        archive.save_to(part.string());
        std::filesystem::rename(part, file);
    } catch (const std::exception& error) {
        throw SystemError(file.string() + ": cannot be written: " + first_line(error.what()));
    }
}

void TrainingState::read(const std::filesystem::path& file, const torch::Device& device) {
    const torch::NoGradGuard no_grad;
    try {
        torch::serialize::InputArchive archive;
        archive.load_from(file.string(), device);
        const auto read = [&archive](const std::string& name) {
            torch::Tensor tensor;
            archive.read(name, tensor);
            return tensor;
        };
        const auto tensors = tensors_of(network);
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            auto tensor = tensors[i];
            tensor.copy_(read(key("tensor", i)));
        }
        const auto momenta = optimiser.momenta();
        for (std::size_t i = 0; i < momenta.size(); ++i) {
            torch::Tensor tensor;
            if (archive.try_read(key("momentum", i), tensor)) *momenta[i] = tensor;
        }
        for (std::size_t i = 0; i < random.size(); ++i) {
            c10::IValue state;
            archive.read(key("random", i), state);
            random[i]->go_on_from(state.toStringRef());
        }
        const auto samples = read("order").cpu(), numbers = read("numbers").cpu(),
                   spent = read("spent").cpu();
        order.assign(samples.data_ptr<std::int64_t>(),
                     samples.data_ptr<std::int64_t>() + samples.numel());
        losses = read("losses").unbind();
        step = numbers[0].item<std::int64_t>();
        steps = numbers[1].item<std::int64_t>();
        outcome.epochs = static_cast<int>(numbers[2].item<std::int64_t>());
        outcome.batch_size = static_cast<int>(numbers[3].item<std::int64_t>());
        outcome.final_loss = spent[0].item<double>();
        outcome.seconds = spent[1].item<double>();
        outcome.device_seconds = spent[2].item<double>();
    } catch (const std::exception& error) {
        rethrow_as_input_error(error, file.string() + ": not the state of this training");
    }
}

}  // namespace ekya
