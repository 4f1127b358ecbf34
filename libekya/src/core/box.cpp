#include "ekya/core/box.hpp"

#include <algorithm>

namespace ekya {

double Box::area() const { return std::max(0.0, width()) * std::max(0.0, height()); }

double iou(const Box& a, const Box& b) {
    const Box both{std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1),
                   std::min(a.y1, b.y1)};
    const double common = both.area();
    const double all = a.area() + b.area() - common;
    return all > 0 ? common / all : 0;
}

Box clip(const Box& box, double frame_width, double frame_height) {
    return {std::clamp(box.x0, 0.0, frame_width), std::clamp(box.y0, 0.0, frame_height),
            std::clamp(box.x1, 0.0, frame_width), std::clamp(box.y1, 0.0, frame_height)};
}

}  // namespace ekya
