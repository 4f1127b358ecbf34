#pragma once
#include <sys/types.h>

#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// All processes that descend from one, without itself.
[[nodiscard]] std::vector<pid_t> descendants(pid_t of);

/// What a process does: `stopped` by a signal, or `ended`, also if nobody has waited for it yet.
enum class ProcessState { runs, stopped, ended };
[[nodiscard]] ProcessState process_state(pid_t pid);

/// CPU seconds of a process and, to a hundredth of a second, of the children that it has waited
/// for; 0 if it is gone.
[[nodiscard]] Seconds cpu_seconds_of(pid_t pid);

}  // namespace ekya
