#pragma once
#include "ekya/core/clock.hpp"

namespace ekya {

/// Device-seconds of this process so far: without a GPU all cores are one device.
inline double device_seconds_now() { return process_cpu_seconds() / usable_cores(); }

}  // namespace ekya
