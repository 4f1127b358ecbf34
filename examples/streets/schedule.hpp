// When each camera meets which condition.
#pragma once

#include <string_view>
#include <vector>

#include "condition.hpp"

namespace ekya::streets {

/// A stretch of time with one condition.
struct Phase {
    double start_window;    ///< where it begins, counted in windows
    double fade_windows;    ///< how long the change from the phase before takes; small = abrupt
    std::string_view name;  ///< for readers
    Condition condition;
};

class Schedule {
public:
    /// The schedule of one camera; after the last phase it starts over with the second.
    Schedule(int camera, double window_seconds);

    [[nodiscard]] Condition at(double seconds) const;

private:
    double window_;
    std::vector<Phase> phases_;
    double end_window_ = 11;  ///< where the last phase ends
};

}  // namespace ekya::streets
