// Cars and trucks: a profile extruded over the width, drawn face by face from the place of the
// camera.
#include <algorithm>
#include <array>
#include <cmath>

#include "actor.hpp"
#include "vehicle_shapes.hpp"

namespace ekya::streets {
namespace {

const Colour glass_colour{70, 60, 52};
const Colour dark_colour{40, 38, 38};
const Colour tyre_colour{32, 32, 34};
const Colour hub_colour{120, 118, 116};

const BodyShape& shape_of(const Actor& actor) {
    return actor.kind == Kind::car ? car_shapes()[actor.look.shape]
                                   : truck_shapes()[actor.look.shape];
}

/// Places the body of one vehicle in the street.
class Body {
public:
    Body(const Actor& actor, const View& view)
        : shape(shape_of(actor)),
          look(actor.look),
          camera_(view.camera),
          place_(actor.place()),
          along_(actor.heading()),
          right_(right_of(along_)),
          sun_(view.sun) {
        const auto to_camera = place_ * -1.0;
        near_side = to_camera.x * right_.x + to_camera.z * right_.z > 0 ? 1.0 : -1.0;
        front_seen = to_camera.x * along_.x + to_camera.z * along_.z > 0;
    }

    [[nodiscard]] Ground ground(double forward, double side) const {
        return place_ + along_ * (forward * look.size) + right_ * (side * look.size);
    }
    [[nodiscard]] cv::Point2d at(cv::Point2d point, double side) const {
        return camera_.project(ground(point.x, side), point.y * look.size);
    }
    /// Whether the outside of an edge of the profile looks at the camera.
    [[nodiscard]] bool faces_camera(cv::Point2d a, cv::Point2d b) const {
        const cv::Point2d middle = (a + b) * 0.5;
        const cv::Point2d out(b.y - a.y, a.x - b.x);
        const auto spot = ground(middle.x, 0);
        const double forward = -(spot.x * along_.x + spot.z * along_.z);
        return out.x * forward + out.y * (camera_.height() - middle.y * look.size) > 0;
    }
    /// Brightness of a face: the sky lights what looks up, the sun what looks at it.
    [[nodiscard]] double light(cv::Point2d a, cv::Point2d b) const {
        const cv::Point2d out(b.y - a.y, a.x - b.x);
        const double size = std::max(std::hypot(out.x, out.y), 1e-6);
        const double sunny = -(sun_.x * along_.x + sun_.z * along_.z) * out.x / size;
        return 0.82 + 0.22 * std::max(out.y / size, 0.0) + 0.12 * std::clamp(sunny, -1.0, 1.0);
    }
    [[nodiscard]] double side_light() const {
        const double sunny = -(sun_.x * right_.x + sun_.z * right_.z) * near_side;
        return 0.84 + 0.12 * std::clamp(sunny, -1.0, 1.0);
    }
    [[nodiscard]] double near() const { return near_side * shape.half_width; }

    const BodyShape& shape;
    const Look& look;
    double near_side = 1;
    bool front_seen = false;

private:
    const Camera& camera_;
    Ground place_;
    Ground along_;
    Ground right_;
    Ground sun_;
};

Colour colour_of(Material material, const Look& look) {
    switch (material) {
        case Material::glass:
            return glass_colour;
        case Material::dark:
            return dark_colour;
        case Material::load:
            return look.second;
        default:
            return look.main;
    }
}

std::vector<cv::Point2d> on_side(const Body& body, const std::vector<cv::Point2d>& points) {
    std::vector<cv::Point2d> result;
    result.reserve(points.size());
    for (const auto& point : points) result.push_back(body.at(point, body.near()));
    return result;
}

cv::Rect2d outline_of(const Body& body) {
    std::vector<cv::Point2d> points;
    for (const double side : {-body.shape.half_width, body.shape.half_width}) {
        for (const auto& point : body.shape.profile) points.push_back(body.at(point, side));
        for (const auto& wheel : body.shape.wheels) points.push_back(body.at({wheel.x, 0}, side));
    }
    return box_around(points);
}

void draw_wheels(Painter& painter, const Body& body, double side) {
    for (const auto& wheel : body.shape.wheels) {
        for (const auto& [radius, colour] :
             {std::pair{wheel.y, tyre_colour}, std::pair{wheel.y * 0.5, hub_colour}}) {
            std::array<cv::Point2d, 10> rim;
            for (std::size_t i = 0; i < rim.size(); ++i) {
                const double angle =
                    2 * CV_PI * static_cast<double>(i) / static_cast<double>(rim.size());
                rim[i] = body.at(
                    {wheel.x + radius * std::cos(angle), wheel.y + radius * std::sin(angle)}, side);
            }
            painter.polygon(rim, colour);
        }
    }
}

/// A rectangle on the front or rear, from `low` to `high` metres up and from `left` to `right`
/// metres aside.
void draw_on_end(Painter& painter, const Body& body, double forward, std::array<double, 4> box,
                 const Colour& colour) {
    const auto [low, high, left, right] = box;
    const cv::Point2d corners[] = {body.at({forward, low}, left), body.at({forward, high}, left),
                                   body.at({forward, high}, right), body.at({forward, low}, right)};
    painter.polygon(corners, colour);
}

void draw_ends(Painter& painter, const Body& body) {
    const auto& profile = body.shape.profile;
    const double wide = body.shape.half_width;
    if (body.front_seen) {
        const double x = profile.front().x, y = profile[1].y;
        draw_on_end(painter, body, x, {y * 0.55, y * 0.75, -wide * 0.5, wide * 0.5}, dark_colour);
        for (const double side : {-1.0, 1.0}) {
            draw_on_end(painter, body, x,
                        {y * 0.68, y * 0.88, side * wide * 0.6, side * wide * 0.95},
                        {225, 235, 235});
        }
        draw_on_end(painter, body, x, {y * 0.42, y * 0.56, -0.26, 0.26}, {215, 225, 225});
        return;
    }
    const double x = profile.back().x;
    const double y = std::min(0.9, profile[profile.size() - 2].y * 0.9);
    for (const double side : {-1.0, 1.0}) {
        draw_on_end(painter, body, x, {y * 0.75, y, side * wide * 0.68, side * wide * 0.96},
                    {40, 40, 175});
    }
    draw_on_end(painter, body, x, {y * 0.55, y * 0.72, -0.26, 0.26}, {215, 225, 225});
}

void draw_livery(Painter& painter, const Body& body) {
    const auto& look = body.look;
    const double front = body.shape.profile.front().x, rear = body.shape.profile.back().x;
    const double low = 0.55, high = low + (look.detail % 2 == 0 ? 0.2 : 0.45);
    const std::vector<cv::Point2d> stripe{
        {front * 0.9, low}, {front * 0.9, high}, {rear * 0.95, high}, {rear * 0.95, low}};
    painter.polygon(on_side(body, stripe), look.third);
}

void draw_faces(Painter& painter, const Body& body) {
    const auto& profile = body.shape.profile;
    const double wide = body.shape.half_width;
    // Far faces first: where a profile is hollow, a near face may cover a far one.
    for (std::size_t step = 0; step < profile.size(); ++step) {
        const std::size_t i = body.front_seen ? profile.size() - 1 - step : step;
        if (body.shape.edges[i] == Material::belly) continue;
        const auto a = profile[i], b = profile[(i + 1) % profile.size()];
        if (!body.faces_camera(a, b)) continue;
        const cv::Point2d corners[] = {body.at(a, -wide), body.at(b, -wide), body.at(b, wide),
                                       body.at(a, wide)};
        painter.polygon(corners,
                        shade(colour_of(body.shape.edges[i], body.look), body.light(a, b)));
    }
}

}  // namespace

std::vector<Part> draw_vehicle(const Actor& actor, const View& view) {
    const Body body(actor, view);
    Painter painter(outline_of(body), view.camera.canvas());
    const double light = body.side_light();
    draw_wheels(painter, body, -body.near());
    draw_faces(painter, body);
    draw_ends(painter, body);
    painter.polygon(on_side(body, body.shape.profile), shade(body.look.main, light));
    if (!body.shape.load.empty())
        painter.polygon(on_side(body, body.shape.load), shade(body.look.second, light));
    if (body.look.extra) draw_livery(painter, body);
    for (const auto& window : body.shape.windows)
        painter.polygon(on_side(body, window), glass_colour);
    draw_wheels(painter, body, body.near());
    std::vector<Part> parts;
    parts.push_back({painter.finish(smear_of(actor, view)), true});
    return parts;
}

std::vector<Ground> vehicle_shadow(const Actor& actor, const View& view) {
    const Body body(actor, view);
    std::vector<Ground> points;
    for (const double side : {-body.shape.half_width, body.shape.half_width}) {
        points.push_back(body.ground(body.shape.profile.front().x, side));
        points.push_back(body.ground(body.shape.profile.back().x, side));
        for (const auto& point : body.shape.profile) {
            points.push_back(body.ground(point.x, side) + view.sun * (point.y * actor.look.size));
        }
    }
    return points;
}

double vehicle_reach(const Actor& actor) {
    return shape_of(actor).profile.front().x * actor.look.size;
}

}  // namespace ekya::streets
