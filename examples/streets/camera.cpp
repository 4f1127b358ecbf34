#include "camera.hpp"

#include <algorithm>
#include <cmath>

namespace ekya::streets {

double length(Ground a) { return std::hypot(a.x, a.z); }

Ground unit(Ground a) {
    const double size = length(a);
    return size > 0 ? a * (1 / size) : Ground{1, 0};
}

Camera::Camera(cv::Size frame, double focal_share, double height, double horizon_share)
    : canvas_(frame.width + 2 * margin, frame.height + 2 * margin),
      focal_(focal_share * frame.width),
      height_(height),
      centre_(canvas_.width / 2.0),
      horizon_(margin + horizon_share * frame.height) {}

cv::Point2d Camera::project(Ground place, double above_ground) const {
    const double z =
        std::max(place.z, 1.0);  // nothing is drawn nearer than that; avoids dividing by zero
    return {centre_ + focal_ * place.x / z, horizon_ + focal_ * (height_ - above_ground) / z};
}

Ground Camera::ground_at(double column, double row) const {
    const double z = focal_ * height_ / std::max(row - horizon_, 0.25);
    return {(column - centre_) * z / focal_, z};
}

bool Camera::sees(Ground place) const {
    if (place.z < 2) return false;
    const auto foot = project(place, 0);
    const auto head = project(place, 2);
    return foot.x > margin && foot.x < canvas_.width - margin && head.y < canvas_.height - margin;
}

}  // namespace ekya::streets
