// Renders all cameras of a run, as many at the same time as there are threads.
#pragma once

#include "settings.hpp"

namespace ekya::streets {

/// @throws UsageError, WorkError
void render_streets(const Settings& settings);

/// The signal that asked to stop, 0 when none did.
[[nodiscard]] int stop_signal();
void stop_on_signals();

}  // namespace ekya::streets
