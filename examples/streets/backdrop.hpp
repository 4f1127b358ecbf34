// What does not move: ground, houses, sky, trees; drawn once in plain light, then per weather.
#pragma once

#include <opencv2/core.hpp>

#include "condition.hpp"
#include "layout.hpp"
#include "random.hpp"

namespace ekya::streets {

class Backdrop {
public:
    Backdrop(const Layout& layout, Random& random);

    /// The street without its traffic, CV_8UC3; kept until the weather changes.
    [[nodiscard]] const cv::Mat& in(const Weather& weather);
    /// What shines at night: windows, CV_8UC3.
    [[nodiscard]] const cv::Mat& lit_windows() const { return lit_windows_; }

private:
    cv::Mat dry_;
    cv::Mat wet_;
    cv::Mat snowy_;
    cv::Mat haze_;  ///< CV_8UC1: how much fog lies before each pixel
    cv::Mat lit_windows_;
    cv::Mat now_;
    cv::Vec3i drawn_for_{-1, -1, -1};
};

/// The colour of fog, and how much of it lies between the camera and something so many metres away.
inline const cv::Vec3d fog_colour{186, 182, 178};
[[nodiscard]] double fog_before(double metres, const Weather& weather);

/// The state of the ground that the backdrop is drawn for.
enum class Cover { dry, wet, snow };

/// Draws the houses of a layout; windows that are lit at night also go to `lit`.
void draw_facades(cv::Mat& canvas, cv::Mat& lit, const Layout& layout, Cover cover, Random random);
void draw_trees(cv::Mat& canvas, cv::Mat& lit, const Layout& layout, Cover cover, Random random);

}  // namespace ekya::streets
