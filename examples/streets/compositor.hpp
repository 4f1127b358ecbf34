// Lays the objects over the backdrop, far ones first, and measures what can be seen of each.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

#include "actor.hpp"
#include "condition.hpp"

namespace ekya::streets {

/// One row of the annotations; x1 and y1 are the first pixels outside.
struct Annotation {
    Kind kind;
    int x0, y0, x1, y1;
};

class Compositor {
public:
    explicit Compositor(const Camera& camera) : camera_(camera) {}

    /// Draws the actors on the canvas (CV_8UC3, albedo).
    void draw(cv::Mat& canvas, const std::vector<Actor>& actors, const Condition& condition);

    /// CV_8UC1: which object each pixel of the last draw() belongs to, 0 = the backdrop.
    [[nodiscard]] const cv::Mat& owners() const { return ids_; }

    /// Boxes in frame coordinates of what the last draw() left visible; `frame` is the cut out of
    /// the canvas.
    [[nodiscard]] std::vector<Annotation> annotations(cv::Rect frame) const;

private:
    struct Seen {
        Kind kind;
        cv::Rect area;       ///< on the canvas
        cv::Rect2d outline;  ///< also off the canvas
        int drawn = 0;       ///< pixels before nearer objects came
    };

    void cast_shadow(cv::Mat& canvas, const Actor& actor, const View& view, double strength) const;
    int blend(cv::Mat& canvas, const Patch& patch, double fog, std::uint8_t id);
    void mirror(cv::Mat& canvas, const Patch& patch, double share) const;

    const Camera& camera_;
    cv::Mat ids_;  ///< CV_8UC1: whose pixel it is, 0 = nobody's, 255 = a thing without a box
    std::vector<Seen> seen_;
};

}  // namespace ekya::streets
