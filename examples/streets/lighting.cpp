#include "lighting.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace ekya::streets {
namespace {

constexpr int reduction = 4;      // light changes slowly over the picture
constexpr double unity = 128;     // grey level of the map that leaves a pixel as it is
constexpr double lamp_reach = 6;  // metres

/// Adds an ellipse of light to a map.
void add_pool(cv::Mat& map, cv::Point centre, cv::Size radius, const cv::Scalar& colour) {
    const cv::Rect box = cv::Rect(centre.x - radius.width, centre.y - radius.height,
                                  2 * radius.width + 1, 2 * radius.height + 1) &
                         cv::Rect({0, 0}, map.size());
    if (box.empty()) return;
    cv::Mat part = map(box);
    cv::Mat pool = cv::Mat::zeros(box.size(), map.type());
    cv::ellipse(pool, centre - box.tl(), radius, 0, 0, 360, colour, cv::FILLED);
    cv::add(part, pool, part);
}

bool vehicle(const Actor& actor) {
    return actor.kind == Kind::car || actor.kind == Kind::truck || actor.kind == Kind::bicycle;
}

}  // namespace

Lighting::Lighting(const Layout& layout) : layout_(layout) {
    const auto size = layout.camera.canvas() / reduction;
    lamps_ = cv::Mat::zeros(size, CV_8UC3);
    for (const auto& lamp : layout.lamps) {
        const double scale = layout.camera.pixels_per_metre(lamp.z);
        for (const double share : {1.0, 0.7, 0.4}) {
            const double wide = lamp_reach * scale * share,
                         flat = wide * layout.camera.height() / lamp.z;
            add_pool(lamps_, small(layout.camera.project(lamp, 0)),
                     {cvRound(wide / reduction), cvRound((flat + 1.4 * scale) / reduction)},
                     {14, 24, 31});
        }
    }
    cv::GaussianBlur(lamps_, lamps_, {0, 0}, 4);
}

cv::Point Lighting::small(cv::Point2d point) const {
    return {cvRound(point.x / reduction), cvRound(point.y / reduction)};
}

void Lighting::tint(cv::Mat& canvas, const Light& light) const {
    cv::Mat table(1, 256, CV_8UC3);
    for (int i = 0; i < 256; ++i) {
        auto& entry = table.at<cv::Vec3b>(0, i);
        for (int channel = 0; channel < 3; ++channel)
            entry[channel] = cv::saturate_cast<std::uint8_t>(i * light.gain[channel]);
    }
    cv::LUT(canvas, table, canvas);
}

void Lighting::draw_head_lights(cv::Mat& map, const Actor& actor) const {
    const double reach = actor.kind == Kind::bicycle ? 2.5 : 6.0;
    const auto ahead = actor.place() + actor.heading() * (actor.kind == Kind::bicycle ? 2.0 : 5.5);
    if (ahead.z < 6 || ahead.z > 70) return;
    const double wide = reach * layout_.camera.pixels_per_metre(ahead.z) / reduction;
    const double across = 0.35 + 0.65 * std::abs(actor.heading().x);
    add_pool(map, small(layout_.camera.project(ahead, 0.3)),
             {cvRound(wide * 0.5 * across) + 1, cvRound(wide * 0.16) + 1}, {42, 48, 52});
}

void Lighting::draw_glow(cv::Mat& glow, const Actor& actor) const {
    if (actor.place().z > 70 || actor.place().z < 4) return;
    const auto to_camera = unit(actor.place() * -1.0), heading = actor.heading();
    const double facing = to_camera.x * heading.x + to_camera.z * heading.z;
    const double half = actor.kind == Kind::bicycle ? 0.6 : vehicle_reach(actor);
    const double wide = actor.kind == Kind::bicycle ? 0 : 0.7;
    const double scale = layout_.camera.pixels_per_metre(actor.place().z);
    const bool front = facing > -0.25;
    const auto end = actor.place() + heading * (front ? half : -half);
    for (const double side : {-wide, wide}) {
        const auto point = layout_.camera.project(end + right_of(heading) * side, 0.75);
        const double radius =
            std::max(1.2, 0.2 * scale) * (front ? 0.6 + std::max(facing, 0.0) : 0.55);
        cv::circle(glow, small(point), std::max(1, cvRound(radius / reduction)),
                   front ? cv::Scalar(150, 175, 185) : cv::Scalar(20, 20, 130), cv::FILLED);
    }
}

void Lighting::apply(cv::Mat& canvas, const Light& light, const std::vector<Actor>& actors,
                     const cv::Mat& lit_windows, const cv::Mat& owners) {
    if (light.lamps < 0.02) return tint(canvas, light);
    map_.create(lamps_.size(), CV_8UC3);
    map_.setTo(cv::Scalar(light.gain[0], light.gain[1], light.gain[2]) * unity);
    cv::addWeighted(map_, 1, lamps_, light.lamps, 0, map_);
    cv::Mat beams = cv::Mat::zeros(map_.size(), CV_8UC3);
    glow_ = cv::Mat::zeros(map_.size(), CV_8UC3);
    for (const auto& actor : actors) {
        if (!vehicle(actor)) continue;
        draw_head_lights(beams, actor);
        draw_glow(glow_, actor);
    }
    for (const auto& lamp : layout_.lamps) {
        cv::circle(glow_, small(layout_.camera.project(lamp + Ground{0.8, 0}, 5.9)), 2,
                   {150, 200, 230}, cv::FILLED);
    }
    cv::GaussianBlur(beams, beams, {0, 0}, 1.6);
    cv::addWeighted(map_, 1, beams, light.lamps, 0, map_);
    cv::resize(map_, large_, canvas.size(), 0, 0, cv::INTER_LINEAR);
    cv::multiply(canvas, large_, canvas, 1 / unity);
    cv::GaussianBlur(glow_, glow_, {0, 0}, 0.9);
    cv::resize(glow_, large_, canvas.size(), 0, 0, cv::INTER_LINEAR);
    cv::addWeighted(canvas, 1, large_, light.lamps, 0, canvas);
    lit_windows.convertTo(large_, -1, 0.6 * light.lamps);
    cv::add(canvas, large_, canvas, owners == 0);
}

}  // namespace ekya::streets
