#pragma once
#include <filesystem>

#include "ekya/window/boxes.hpp"

namespace ekya {

/// What programs that were killed have left in a store: parts of files go, what was being replaced
/// is put back, jobs of dead holders are said to have ended. For the holder of the store's lock,
/// before it starts jobs. Where jobs run on other boxes, parts stay for an hour: whether their
/// processes are alive cannot be seen from here.
void clear_away(const std::filesystem::path& store, const Boxes& boxes);

}  // namespace ekya
