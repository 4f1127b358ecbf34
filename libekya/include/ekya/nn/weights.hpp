#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ekya/core/model_card.hpp"

namespace ekya {

// A weights file is a dictionary from tensor name to tensor in the zip format of PyTorch, with
// torchvision's names
// ("conv1.weight", "layer1.0.bn1.running_mean", "fc.bias"). Python reads it with torch.load(path,
// weights_only=False); what Python writes with torch.save(model.state_dict(), path) can be read
// here, and so can the tensors of a TorchScript archive, torch.jit.script(model).save(path). A file
// NAME.onnx is read as the network fastestdet in the form in which it was published; the only
// *.names file beside it has its class names, one a line.

/// Loads a weights file as a network of this architecture would, and forgets it again.
/// @throws InputError naming file, tensor, found and expected if it is truncated, foreign, of
/// another shape or not finite
/// @throws DomainError if the architecture is out of range
void check_weights(const std::filesystem::path& path, const Architecture& architecture);

/// What an ONNX file of the network fastestdet holds: its classes, and the size of its input.
/// @throws InputError if it is damaged or of another network
[[nodiscard]] Architecture onnx_architecture(const std::filesystem::path& path);

/// Trainable numbers of a network, batch-norm scales and shifts included, running statistics not.
/// @throws DomainError if the architecture is out of range
[[nodiscard]] std::int64_t parameter_count(const Architecture& architecture);

/// Multiply-accumulates of convolutions and linear layers for one picture of the architecture's
/// input size, as papers count them.
/// @throws DomainError if the architecture is out of range
[[nodiscard]] std::int64_t multiply_accumulates(const Architecture& architecture);

/// The networks that can be built for a task, by the name an architecture has for them.
[[nodiscard]] std::vector<std::string> network_names(const std::string& task = classification_task);

/// @throws DomainError naming the field of an architecture that cannot be built
void validate(const Architecture& architecture);

}  // namespace ekya
