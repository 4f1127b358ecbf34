#pragma once
#include "ekya/task/task.hpp"

namespace ekya {

/// Objects whose boxes are given are named: crops, classes, the share named rightly.
[[nodiscard]] const Task& classification();

/// Objects are found and named: frames, boxes, F1 at IoU 0.3.
[[nodiscard]] const Task& detection();

}  // namespace ekya
