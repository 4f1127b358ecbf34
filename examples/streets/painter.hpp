// Draws one object on a small picture of its own, with soft edges, and lays such pictures over a
// canvas.
#pragma once

#include <opencv2/core.hpp>
#include <span>
#include <vector>

namespace ekya::streets {

using Colour = cv::Vec3d;  ///< blue, green, red in 0 .. 255, as OpenCV keeps them

/// A drawn object: premultiplied blue, green, red, alpha on the pixels of `area`.
struct Patch {
    cv::Rect area;
    cv::Mat ink;         ///< CV_8UC4, size of area; empty when nothing is on the canvas
    cv::Rect2d outline;  ///< of the whole object, also what is off the canvas
};

/// Draws in canvas coordinates at twice the resolution; finish() averages, which gives the soft
/// edges.
class Painter {
public:
    Painter(cv::Rect2d outline, cv::Size canvas);

    void polygon(std::span<const cv::Point2d> corners, const Colour& colour, double alpha = 1);
    void line(cv::Point2d from, cv::Point2d to, double thickness, const Colour& colour);
    void ellipse(cv::Point2d centre, double radius_x, double radius_y, const Colour& colour);
    /// Only the outline of an ellipse.
    void ring(cv::Point2d centre, double radius_x, double radius_y, double thickness,
              const Colour& colour);
    /// Everything smeared over so many pixels to the side: motion blur.
    [[nodiscard]] Patch finish(int smear = 1);

private:
    [[nodiscard]] cv::Point fixed(cv::Point2d point) const;

    Patch patch_;
    cv::Mat big_;
};

/// Smallest upright box around points.
[[nodiscard]] cv::Rect2d box_around(std::span<const cv::Point2d> points);

[[nodiscard]] inline Colour shade(const Colour& colour, double factor) {
    return {std::min(colour[0] * factor, 255.0), std::min(colour[1] * factor, 255.0),
            std::min(colour[2] * factor, 255.0)};
}
[[nodiscard]] inline cv::Scalar opaque(const Colour& colour) {
    return {colour[0], colour[1], colour[2], 255};
}

}  // namespace ekya::streets
