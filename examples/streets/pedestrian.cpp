// Pedestrians: a jointed figure on a board that faces the camera.
#include <cmath>

#include "actor.hpp"

namespace ekya::streets {
namespace {

constexpr double hip_height = 0.88;
constexpr double shoulder_height = 1.42;

/// One leg or arm of two pieces that swings around its upper end.
void draw_limb(Painter& painter, const Board& board, cv::Point2d joint, cv::Point2d pieces,
               cv::Point2d swing, double thickness, const Colour& colour) {
    const cv::Point2d middle(joint.x + pieces.x * swing.x, joint.y - pieces.x);
    const cv::Point2d end(middle.x + pieces.y * swing.y, middle.y - pieces.y);
    painter.line(board.at(joint.x, joint.y), board.at(middle.x, middle.y),
                 thickness * board.scale(), colour);
    painter.line(board.at(middle.x, middle.y), board.at(end.x, end.y),
                 thickness * board.scale() * 0.85, colour);
}

void draw_legs(Painter& painter, const Board& board, const Actor& actor, double across) {
    const double size = actor.look.size;
    for (const double side : {-1.0, 1.0}) {
        const double swing = std::sin(actor.phase + (side > 0 ? CV_PI : 0)) * 0.55 * across;
        const double bend =
            swing - 0.35 * across * std::max(0.0, std::cos(actor.phase + (side > 0 ? CV_PI : 0)));
        const double hip = side * 0.09 * (1 - std::abs(across) * 0.7);
        draw_limb(painter, board, {hip * size, hip_height * size}, {0.44 * size, 0.44 * size},
                  {swing, bend}, 0.15 * size, shade(actor.look.second, side > 0 ? 1 : 0.85));
    }
    if (actor.look.detail % 4 == 1) {  // a coat or skirt to the knees
        const cv::Point2d corners[] = {
            board.at(-0.17 * size, 1.0 * size), board.at(0.17 * size, 1.0 * size),
            board.at(0.25 * size, 0.5 * size), board.at(-0.25 * size, 0.5 * size)};
        painter.polygon(corners, shade(actor.look.main, 0.9));
    }
}

void draw_torso(Painter& painter, const Board& board, const Actor& actor, double across) {
    const double size = actor.look.size;
    const double wide = (0.24 - 0.07 * std::abs(across)) * size;
    const cv::Point2d corners[] = {
        board.at(-wide, shoulder_height * size), board.at(wide, shoulder_height * size),
        board.at(wide * 0.8, hip_height * size), board.at(-wide * 0.8, hip_height * size)};
    painter.polygon(corners, actor.look.main);
    if (actor.look.detail % 3 == 1) {  // rucksack
        painter.ellipse(board.at(-0.2 * across * size, 1.2 * size), 0.14 * size * board.scale(),
                        0.22 * size * board.scale(), shade(actor.look.third, 0.8));
    }
    for (const double side : {-1.0, 1.0}) {
        const double swing = -std::sin(actor.phase + (side > 0 ? CV_PI : 0)) * 0.5 * across;
        const double shoulder = side * wide * (1 - 0.6 * std::abs(across));
        draw_limb(painter, board, {shoulder, (shoulder_height - 0.05) * size},
                  {0.3 * size, 0.28 * size}, {swing, swing + 0.2 * across}, 0.1 * size,
                  shade(actor.look.main, 0.8));
    }
    if (actor.look.detail % 5 == 2) {  // shopping bag
        const cv::Point2d bag[] = {board.at(0.2, 0.8), board.at(0.46, 0.8), board.at(0.46, 0.42),
                                   board.at(0.2, 0.42)};
        painter.polygon(bag, actor.look.third);
    }
}

void draw_head(Painter& painter, const Board& board, const Actor& actor) {
    const double size = actor.look.size, scale = board.scale() * size;
    const Colour skin = actor.look.detail % 2 == 0 ? Colour{135, 165, 205} : Colour{75, 100, 140};
    painter.ellipse(board.at(0, 1.6 * size), 0.115 * scale, 0.14 * scale, skin);
    painter.ellipse(board.at(0, 1.67 * size), 0.12 * scale, 0.085 * scale,
                    shade(actor.look.third, 0.4));
}

void draw_umbrella(Painter& painter, const Board& board, const Actor& actor) {
    const double size = actor.look.size;
    painter.line(board.at(0.1 * size, 1.2 * size), board.at(0.1 * size, 2.0 * size),
                 0.04 * board.scale(), {60, 60, 60});
    std::vector<cv::Point2d> roof;
    for (int i = 0; i <= 8; ++i) {
        const double angle = CV_PI * i / 8;
        roof.push_back(board.at((0.1 - 0.65 * std::cos(angle)) * size,
                                (1.66 + 0.48 * std::sin(angle)) * size));
    }
    painter.polygon(roof, actor.look.third);
    const cv::Point2d wedge[] = {roof[3], roof[4], roof[5], board.at(0.1 * size, 1.66 * size)};
    painter.polygon(wedge, shade(actor.look.third, 0.75));
}

}  // namespace

std::vector<Part> draw_pedestrian(const Actor& actor, const View& view) {
    const Board board(view.camera, actor.place());
    const double across = sideways(actor);
    const double size = actor.look.size;
    Painter painter(board.box((actor.look.extra ? 0.78 : 0.55) * size, 0,
                              (actor.look.extra ? 2.16 : 1.77) * size),
                    view.camera.canvas());
    draw_legs(painter, board, actor, across);
    draw_torso(painter, board, actor, across);
    draw_head(painter, board, actor);
    if (actor.look.extra) draw_umbrella(painter, board, actor);
    std::vector<Part> parts;
    parts.push_back({painter.finish(smear_of(actor, view)), true});
    return parts;
}

}  // namespace ekya::streets
