#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "ekya/core/model_card.hpp"

namespace ekya {

/// A stored model as a TorchScript archive for other programs: [N, 3, S, S] float32 in [0, 1], RGB
/// -> logits [N, classes]; with place_width it takes the places [N, 4] as well: centre x and y,
/// width and height in parts of the frame. Batch norm is folded into the convolutions and what
/// Classifier does to a crop first is inside, so the answers are Classifier's for crops of the
/// model's input size; another S is allowed. Attributes of the module, for whoever loads it:
/// `input_size` (int), `classes` (list of names), `standardises` (True: the values go in as they
/// are, in [0, 1]), `takes_places` (bool).
/// @param classes names in output order
/// @return the bytes of the archive
/// @throws InputError for weights that do not fit the architecture; DomainError for an architecture
/// out of range
[[nodiscard]] std::string export_script(const Architecture& architecture,
                                        const std::filesystem::path& weights,
                                        const std::vector<std::string>& classes);

}  // namespace ekya
