#include "ekya/schedule/window_course.hpp"

#include <algorithm>
#include <limits>

#include "ekya/core/errors.hpp"

namespace ekya {

double mean_window_accuracy(const WindowCourse& course) {
    require_in_range("window", course.window, std::numeric_limits<double>::min(),
                     std::numeric_limits<double>::max());
    require_in_range("retraining", course.retraining, 0, course.window);
    require_in_range("accuracy_during", course.accuracy_during, 0, 1);
    require_in_range("accuracy_after", course.accuracy_after, 0, 1);
    const double during = course.retraining / course.window;
    const auto [low, high] = std::minmax(course.accuracy_during, course.accuracy_after);
    return std::clamp(during * course.accuracy_during + (1 - during) * course.accuracy_after, low,
                      high);
}

}  // namespace ekya
