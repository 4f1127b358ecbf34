#pragma once
#include "network.hpp"

namespace ekya {

/// Gives each batch norm the statistics that its input has for these pictures, and the scale and
/// shift with which the network answers as before. Weights that come with batch norm folded have
/// none, and trained with them a network would forget at once what it knows.
/// @param pictures [N, 3, H, W], a few will do
void measure_statistics(Network& network, const torch::Tensor& pictures);

}  // namespace ekya
