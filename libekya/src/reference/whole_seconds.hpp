#pragma once
#include <cstddef>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// Whole seconds through which the published simulator runs with the same shares. It looks for
/// completed retrainings after the first second of a block and at its end. Private to the module.
struct WholeSecondBlock {
    int start = 0;         ///< first second
    int length = 1;        ///< seconds; >= 1
    std::size_t step = 0;  ///< the shares in force: the last of the starts at or before `start`
};

/// Blocks that cover the samples 0, 1 ... `horizon`. They end at the whole second before each
/// change and after it, which decides how progress is rounded, and so whether a retraining that
/// ends to the second is complete.
/// @param starts ascending, the first at 0; what starts after the horizon has no effect
/// @param blocks is overwritten; passed in so that its memory is reused
/// Source: the simulator published with the paper, its skipping from change to change.
void whole_second_blocks(const std::vector<Seconds>& starts, int horizon,
                         std::vector<WholeSecondBlock>& blocks);

}  // namespace ekya
