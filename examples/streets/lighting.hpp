// Light on a finished daylight picture: the colour of the sky, street lamps, head lights, and what
// shines itself.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "actor.hpp"
#include "condition.hpp"
#include "layout.hpp"

namespace ekya::streets {

class Lighting {
public:
    explicit Lighting(const Layout& layout);

    /// @param owners CV_8UC1, 0 where nothing hides the houses and their lit windows
    void apply(cv::Mat& canvas, const Light& light, const std::vector<Actor>& actors,
               const cv::Mat& lit_windows, const cv::Mat& owners);

private:
    void tint(cv::Mat& canvas, const Light& light) const;
    void draw_head_lights(cv::Mat& map, const Actor& actor) const;
    void draw_glow(cv::Mat& glow, const Actor& actor) const;
    [[nodiscard]] cv::Point small(cv::Point2d point) const;

    const Layout& layout_;
    cv::Mat lamps_;  ///< light of the street lamps at a quarter of the size
    cv::Mat map_;
    cv::Mat glow_;
    cv::Mat large_;
};

}  // namespace ekya::streets
