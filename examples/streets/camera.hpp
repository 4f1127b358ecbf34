// A fixed street camera: ground positions in metres to pixels and back.
#pragma once

#include <opencv2/core.hpp>

namespace ekya::streets {

/// A place on the ground as seen from the camera: x to the right, z away from it, metres.
struct Ground {
    double x = 0;
    double z = 0;
};

inline Ground operator+(Ground a, Ground b) { return {a.x + b.x, a.z + b.z}; }
inline Ground operator-(Ground a, Ground b) { return {a.x - b.x, a.z - b.z}; }
inline Ground operator*(Ground a, double factor) { return {a.x * factor, a.z * factor}; }
[[nodiscard]] double length(Ground a);
[[nodiscard]] Ground unit(Ground a);
/// The direction to the right of a direction.
inline Ground right_of(Ground direction) { return {direction.z, -direction.x}; }

/// Pinhole with a shifted lens: it looks level, so vertical edges of buildings stay vertical.
class Camera {
public:
    /// Pictures are drawn a little larger than the frame, so that the camera can shake.
    static constexpr int margin = 4;

    Camera(cv::Size frame, double focal_share, double height, double horizon_share);

    [[nodiscard]] cv::Point2d project(Ground place, double above_ground) const;
    [[nodiscard]] Ground ground_at(double column, double row) const;
    [[nodiscard]] double pixels_per_metre(double z) const { return focal_ / z; }
    [[nodiscard]] double horizon() const { return horizon_; }
    [[nodiscard]] double height() const { return height_; }
    [[nodiscard]] cv::Size canvas() const { return canvas_; }
    /// Whether a thing about two metres high and standing here is in the picture.
    [[nodiscard]] bool sees(Ground place) const;

private:
    cv::Size canvas_;
    double focal_;
    double height_;
    double centre_;
    double horizon_;
};

}  // namespace ekya::streets
