#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/model_card.hpp"
#include "ekya/store/store.hpp"

namespace ekya {

/// Stores a stream's serving model anew with the outputs of the classes that its list still names,
/// in the list's order, and lets it serve. Nothing is trained: among the classes that are left it
/// answers as before. The model that served stays in the store.
/// @return the card; none if the serving model can go on as it is, or none serves
/// @throws InputError if it cannot go on with these classes (outputs_left()), or is damaged
std::optional<ModelCard> fit_classes(const Store& store, const std::string& stream,
                                     const std::vector<std::string>& classes);

}  // namespace ekya
