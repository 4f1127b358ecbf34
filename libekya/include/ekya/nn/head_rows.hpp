#pragma once
#include <filesystem>
#include <vector>

#include "ekya/core/model_card.hpp"

namespace ekya {

/// Writes a network anew with some of its outputs, in any order: the output layer keeps the rows of
/// these classes, bit for bit, and all other tensors stay. Among the classes that are left it
/// answers as before: their probabilities keep their ratios.
/// @param outputs indices of classes; at least two, each once
/// @return the architecture of what was written
/// @throws DomainError for outputs that it does not have   @throws InputError for weights that do
/// not fit the architecture   @throws SystemError if the file cannot be written
Architecture keep_head_rows(const std::filesystem::path& from, const Architecture& architecture,
                            const std::vector<int>& outputs, const std::filesystem::path& to);

}  // namespace ekya
