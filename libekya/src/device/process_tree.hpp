#pragma once
#include <sys/types.h>

#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// All processes that descend from this one, without itself. It must reap orphans
/// (PR_SET_CHILD_SUBREAPER) to see those too.
[[nodiscard]] std::vector<pid_t> descendants();

/// CPU seconds of all descendants, those that have ended among them. What others have reaped counts
/// to a hundredth of a second.
[[nodiscard]] Seconds descendants_cpu_seconds();

}  // namespace ekya
