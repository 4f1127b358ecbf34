#include "ekya/video/window_cutter.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "ekya/core/errors.hpp"

namespace ekya {

int window_of(Seconds time, Seconds window) {
    if (!(window > window_tolerance) || std::isinf(window)) {
        throw DomainError("window: " + std::to_string(window) +
                          " is not a length in seconds above 0.001");
    }
    if (!(time >= -window_tolerance)) {
        throw DomainError("time: " + std::to_string(time) + " is not in [0, infinity)");
    }
    const double number = std::floor((time + window_tolerance) / window);
    if (number > std::numeric_limits<int>::max()) {
        throw DomainError("time: " + std::to_string(time) + " is too late for windows of " +
                          std::to_string(window) + " s");
    }
    return static_cast<int>(number);
}

}  // namespace ekya
