#pragma once
#include "ekya/nn/training.hpp"
#include "network.hpp"

namespace ekya {

/// Loads what a job starts from into its network.
/// @return whether the whole head was taken from there
/// @throws InputError for a file that does not fit, DomainError for class names that do not
bool load_start(Network& network, const TrainingJob& job);

}  // namespace ekya
