// Bicycles with their riders, on a board that faces the camera; seen from the front they get
// narrow.
#include <algorithm>
#include <cmath>

#include "actor.hpp"

namespace ekya::streets {
namespace {

/// Metres along the bicycle to metres across the view.
struct Frame {
    const Board& board;
    double across;  ///< -1 .. 1, never quite 0: a wheel has a width
    double size;
    [[nodiscard]] cv::Point2d at(double forward, double up) const {
        return board.at(forward * across * size, up * size);
    }
    [[nodiscard]] double pixels(double metres) const { return metres * size * board.scale(); }
};

void draw_wheels(Painter& painter, const Frame& frame) {
    const double rx = std::max(std::abs(frame.across) * 0.34, 0.05);
    for (const double forward : {-0.52, 0.52}) {
        painter.ring(frame.at(forward, 0.34), frame.pixels(rx), frame.pixels(0.33),
                     frame.pixels(0.06), {35, 35, 35});
    }
}

void draw_frame(Painter& painter, const Frame& frame, const Colour& colour) {
    const double thick = std::max(frame.pixels(0.055), 1.0);
    const auto rear = frame.at(-0.52, 0.34), pedal = frame.at(-0.05, 0.3),
               saddle = frame.at(-0.2, 0.88);
    const auto head = frame.at(0.36, 0.85), front = frame.at(0.52, 0.34),
               bar = frame.at(0.34, 1.05);
    for (const auto& [from, to] : {std::pair{rear, pedal},
                                   {pedal, saddle},
                                   {rear, saddle},
                                   {saddle, head},
                                   {pedal, head},
                                   {head, front},
                                   {head, bar}}) {
        painter.line(from, to, thick, colour);
    }
    painter.line(bar - cv::Point2d(frame.pixels(0.22), 0), bar + cv::Point2d(frame.pixels(0.1), 0),
                 thick, {45, 45, 45});
}

void draw_leg(Painter& painter, const Frame& frame, const Actor& actor, double offset) {
    const double turn = actor.phase + offset;
    const double foot_x = -0.05 + 0.17 * std::cos(turn), foot_y = 0.3 - 0.17 * std::sin(turn);
    const double knee_x = (foot_x - 0.18) / 2 + 0.26, knee_y = (foot_y + 0.95) / 2 + 0.08;
    const auto colour = shade(actor.look.second, offset > 0 ? 0.8 : 1);
    const cv::Point2d aside(offset > 0 ? frame.pixels(0.09) * (1 - std::abs(frame.across)) : 0, 0);
    painter.line(frame.at(-0.18, 0.95) + aside, frame.at(knee_x, knee_y) + aside,
                 frame.pixels(0.16), colour);
    painter.line(frame.at(knee_x, knee_y) + aside, frame.at(foot_x, foot_y) + aside,
                 frame.pixels(0.12), colour);
}

void draw_rider(Painter& painter, const Frame& frame, const Actor& actor) {
    const auto& look = actor.look;
    const auto hip = frame.at(-0.2, 0.95);
    const auto neck =
        frame.at(look.detail % 2 == 0 ? 0.02 : 0.16, look.detail % 2 == 0 ? 1.5 : 1.42);
    const double wide = frame.pixels(0.3 - 0.04 * std::abs(frame.across));
    painter.line(hip, neck, wide, look.main);
    painter.line(neck + cv::Point2d(0, frame.pixels(0.08)), frame.at(0.34, 1.08), frame.pixels(0.1),
                 shade(look.main, 0.8));
    const auto head = neck - cv::Point2d(-frame.pixels(0.05) * frame.across, frame.pixels(0.17));
    painter.ellipse(head, frame.pixels(0.11), frame.pixels(0.14), {120, 150, 190});
    painter.ellipse(head - cv::Point2d(0, frame.pixels(0.06)), frame.pixels(0.13),
                    frame.pixels(0.09), look.third);
    if (look.detail % 3 == 0)
        painter.ellipse((hip + neck) * 0.5 - cv::Point2d(frame.pixels(0.12) * frame.across, 0),
                        frame.pixels(0.13), frame.pixels(0.2), shade(look.third, 0.7));
}

/// The box of a cargo bicycle, in front of the rider.
void draw_cargo(Painter& painter, const Frame& frame, const Actor& actor) {
    const double wide = std::max(std::abs(frame.across) * 0.5, 0.32) * (frame.across < 0 ? -1 : 1);
    const double middle = 0.85 * frame.across;
    const auto at = [&](double right, double up) {
        return frame.board.at((middle + right) * frame.size, up * frame.size);
    };
    const cv::Point2d box[] = {at(-wide, 0.95), at(wide, 1.0), at(wide * 0.85, 0.3),
                               at(-wide * 0.85, 0.3)};
    painter.polygon(box, actor.look.third);
    const cv::Point2d rim[] = {at(-wide, 0.95), at(wide, 1.0), at(wide, 0.9), at(-wide, 0.85)};
    painter.polygon(rim, shade(actor.look.third, 0.6));
}

}  // namespace

std::vector<Part> draw_cyclist(const Actor& actor, const View& view) {
    const Board board(view.camera, actor.place());
    double across = sideways(actor);
    if (std::abs(across) < 0.12) across = across < 0 ? -0.12 : 0.12;
    const Frame frame{board, across, actor.look.size};
    const double reach = (actor.look.extra ? 1.4 : 0.9) * std::abs(across) + 0.35;
    Painter painter(board.box(reach * frame.size, 0, 1.85 * frame.size), view.camera.canvas());
    draw_wheels(painter, frame);
    draw_leg(painter, frame, actor, CV_PI);
    draw_frame(painter, frame, shade(actor.look.third, 0.9));
    draw_leg(painter, frame, actor, 0);
    draw_rider(painter, frame, actor);
    if (actor.look.extra) draw_cargo(painter, frame, actor);
    std::vector<Part> parts;
    parts.push_back({painter.finish(smear_of(actor, view)), true});
    return parts;
}

}  // namespace ekya::streets
