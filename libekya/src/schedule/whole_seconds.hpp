#pragma once
#include <cstddef>
#include <vector>

#include "ekya/schedule/score.hpp"

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

/// @throws DomainError if the horizon has too many seconds to go through one by one
void require_whole_seconds(const ScheduleProblem& problem);

/// Seconds after which a retraining that has had the same share from the start on is complete, as
/// score_whole_seconds() adds up its progress, to the last bit.
/// @param share > 0; device_seconds / share at most 1e15
[[nodiscard]] Seconds whole_seconds_until_complete(double device_seconds, double share);

/// score_stream() for problem.whole_seconds.
[[nodiscard]] StreamScore score_whole_seconds(const ScheduleProblem& problem,
                                              const PlanningInput& truth,
                                              const InferenceCurve& curve,
                                              const StreamSchedule& schedule);

}  // namespace ekya
