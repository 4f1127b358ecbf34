#include "painter.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace ekya::streets {
namespace {

constexpr int oversampling = 2;
constexpr int fraction_bits = 4;

std::vector<cv::Point> ellipse_corners(cv::Point2d centre, double rx, double ry) {
    constexpr int corners = 14;
    std::vector<cv::Point> points;
    points.reserve(corners);
    for (int i = 0; i < corners; ++i) {
        const double angle = 2 * CV_PI * i / corners;
        points.emplace_back(cvRound(centre.x + rx * std::cos(angle)),
                            cvRound(centre.y + ry * std::sin(angle)));
    }
    return points;
}

}  // namespace

cv::Rect2d box_around(std::span<const cv::Point2d> points) {
    double left = points[0].x, right = left, top = points[0].y, bottom = top;
    for (const auto& point : points) {
        left = std::min(left, point.x);
        right = std::max(right, point.x);
        top = std::min(top, point.y);
        bottom = std::max(bottom, point.y);
    }
    return {left, top, right - left, bottom - top};
}

Painter::Painter(cv::Rect2d outline, cv::Size canvas) {
    patch_.outline = outline;
    const cv::Rect box(cvFloor(outline.x) - 2, cvFloor(outline.y) - 2, cvCeil(outline.width) + 5,
                       cvCeil(outline.height) + 5);
    patch_.area = box & cv::Rect({0, 0}, canvas);
    if (patch_.area.empty()) return;
    big_ = cv::Mat::zeros(patch_.area.size() * oversampling, CV_8UC4);
}

cv::Point Painter::fixed(cv::Point2d point) const {
    constexpr double factor = oversampling * (1 << fraction_bits);
    return {cvRound((point.x - patch_.area.x) * factor),
            cvRound((point.y - patch_.area.y) * factor)};
}

void Painter::polygon(std::span<const cv::Point2d> corners, const Colour& colour, double alpha) {
    if (big_.empty() || corners.size() < 3) return;
    std::vector<cv::Point> points;
    points.reserve(corners.size());
    for (const auto& corner : corners) points.push_back(fixed(corner));
    if (alpha >= 1) {
        cv::fillPoly(big_, std::vector<std::vector<cv::Point>>{points}, opaque(colour), cv::LINE_8,
                     fraction_bits);
        return;
    }
    cv::Mat layer = big_.clone();
    cv::fillPoly(layer, std::vector<std::vector<cv::Point>>{points}, opaque(colour), cv::LINE_8,
                 fraction_bits);
    cv::addWeighted(layer, alpha, big_, 1 - alpha, 0, big_);
}

void Painter::line(cv::Point2d from, cv::Point2d to, double thickness, const Colour& colour) {
    const auto along = to - from;
    const double size = std::hypot(along.x, along.y);
    if (size <= 0) return;
    const cv::Point2d side(-along.y / size * thickness / 2, along.x / size * thickness / 2);
    const cv::Point2d corners[] = {from + side, to + side, to - side, from - side};
    polygon(corners, colour);
}

void Painter::ellipse(cv::Point2d centre, double radius_x, double radius_y, const Colour& colour) {
    if (big_.empty()) return;
    constexpr double factor = oversampling * (1 << fraction_bits);
    const auto points = ellipse_corners(fixed(centre), radius_x * factor, radius_y * factor);
    cv::fillConvexPoly(big_, points, opaque(colour), cv::LINE_8, fraction_bits);
}

void Painter::ring(cv::Point2d centre, double radius_x, double radius_y, double thickness,
                   const Colour& colour) {
    if (big_.empty()) return;
    constexpr double factor = oversampling * (1 << fraction_bits);
    const auto points = ellipse_corners(fixed(centre), radius_x * factor, radius_y * factor);
    cv::polylines(big_, std::vector<std::vector<cv::Point>>{points}, true, opaque(colour),
                  std::max(1, cvRound(thickness * oversampling)), cv::LINE_8, fraction_bits);
}

Patch Painter::finish(int smear) {
    if (big_.empty()) return std::move(patch_);
    cv::resize(big_, patch_.ink, patch_.area.size(), 0, 0, cv::INTER_AREA);
    if (smear > 1) cv::blur(patch_.ink, patch_.ink, {smear, 1}, {-1, -1}, cv::BORDER_CONSTANT);
    return std::move(patch_);
}

}  // namespace ekya::streets
