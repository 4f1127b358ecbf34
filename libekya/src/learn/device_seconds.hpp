#pragma once
#include <chrono>
#include <string>

#include "ekya/core/clock.hpp"

namespace ekya {

/// Device-seconds so far, of which differences count: without a GPU all cores are one device; a GPU
/// is taken as long as something waits for it.
/// @param device resolved: cpu or cuda:N
inline double device_seconds_now(const std::string& device) {
    if (device == "cpu") return process_cpu_seconds() / device_cores();
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace ekya
