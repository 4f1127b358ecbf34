#pragma once
#include <cstddef>
#include <vector>

#include "place/gpu_packing.hpp"

namespace ekya {

/// Cuts the shares of the jobs on one device until it holds them: retrainings in proportion to
/// their shares, then what inference has above its needs (from one job or from all in proportion,
/// whichever costs less accuracy), then the largest inference job, since as few as possible should
/// fall below a_MIN. Private to the module.
/// @param on_device which of the jobs lie on it
/// @param shares of all jobs, what they want before, what they get afterwards
void cut_shares(const std::vector<PackedJob>& jobs, const std::vector<std::size_t>& on_device,
                std::vector<double>& shares);

}  // namespace ekya
