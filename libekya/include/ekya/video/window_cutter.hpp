#pragma once
#include "ekya/core/config.hpp"

namespace ekya {

/// How far below a border a timestamp still counts as on it: containers round timestamps, often to
/// milliseconds.
inline constexpr Seconds window_tolerance = 1e-3;

/// The 0-based retraining window that a stream time falls into.
/// @param time    since the source's first frame; >= -window_tolerance
/// @param window  length of a window; > window_tolerance
/// @throws DomainError naming the argument that is out of range, or if the number does not fit an
/// int
[[nodiscard]] int window_of(Seconds time, Seconds window);

}  // namespace ekya
