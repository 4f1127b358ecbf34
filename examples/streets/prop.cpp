// Things that stand in the way but are not annotated (lamp posts, market stalls), and what all
// kinds share.
#include <algorithm>
#include <cmath>

#include "actor.hpp"

namespace ekya::streets {
namespace {

constexpr double lamp_height = 6;

void draw_lamp_post(Painter& painter, const Board& board) {
    painter.line(board.at(0, 0), board.at(0, lamp_height), std::max(0.13 * board.scale(), 1.2),
                 {75, 80, 78});
    painter.line(board.at(-0.05, lamp_height), board.at(0.9, lamp_height),
                 std::max(0.12 * board.scale(), 1.2), {75, 80, 78});
}

void draw_stall(Painter& painter, const Board& board, const Look& look) {
    for (const double x : {-1.6, 1.6})
        painter.line(board.at(x, 0), board.at(x, 2.2), 0.09 * board.scale(), {90, 95, 95});
    const cv::Point2d table[] = {board.at(-1.5, 0.1), board.at(-1.5, 0.95), board.at(1.5, 0.95),
                                 board.at(1.5, 0.1)};
    painter.polygon(table, {70, 95, 125});
    for (int i = 0; i < 7; ++i) {
        const double left = -1.8 + 0.52 * i;
        const cv::Point2d strip[] = {board.at(left, 2.1), board.at(left * 0.85, 2.75),
                                     board.at((left + 0.52) * 0.85, 2.75),
                                     board.at(left + 0.52, 2.1)};
        painter.polygon(strip, i % 2 == 0 ? look.main : Colour{215, 218, 220});
        const double x = -1.3 + 0.42 * i;
        painter.ellipse(board.at(x, 1.05), 0.2 * board.scale(), 0.14 * board.scale(),
                        i % 2 == 0 ? look.second : look.third);
    }
}

}  // namespace

std::vector<Part> draw_prop(const Actor& actor, const View& view) {
    const Board board(view.camera, actor.place());
    const bool stall = actor.look.shape == 1;
    Painter painter(stall ? board.box(1.9, 0, 2.8) : board.box(1.0, 0, lamp_height + 0.1),
                    view.camera.canvas());
    if (stall) {
        draw_stall(painter, board, actor.look);
    } else {
        draw_lamp_post(painter, board);
    }
    std::vector<Part> parts;
    parts.push_back({painter.finish(), false});
    return parts;
}

std::vector<Part> draw_actor(const Actor& actor, const View& view) {
    switch (actor.kind) {
        case Kind::car:
        case Kind::truck:
            return draw_vehicle(actor, view);
        case Kind::bicycle:
            return draw_cyclist(actor, view);
        case Kind::pedestrian:
            return draw_pedestrian(actor, view);
        case Kind::sign:
            return draw_sign(actor, view);
        default:
            return draw_prop(actor, view);
    }
}

std::vector<Ground> shadow_of(const Actor& actor, const View& view) {
    if (actor.kind == Kind::car || actor.kind == Kind::truck) return vehicle_shadow(actor, view);
    const double height = actor.kind == Kind::prop ? 2.2 : 1.7 * actor.look.size;
    const double half = actor.kind == Kind::prop && actor.look.shape == 1 ? 1.6
                        : actor.kind == Kind::bicycle                     ? 0.7
                        : actor.kind == Kind::pedestrian                  ? 0.22
                                                                          : 0.08;
    const auto along = actor.kind == Kind::bicycle ? actor.heading() * half : Ground{half, 0};
    const auto across = right_of(unit(along)) * 0.12;
    const auto foot = actor.place(), head = foot + view.sun * height;
    return {foot + along,  foot - along,       foot + across,
            foot - across, head + along * 0.6, head - along * 0.6};
}

int smear_of(const Actor& actor, const View& view) {
    const auto velocity = actor.heading() * (actor.pace * view.shutter);
    const auto from = view.camera.project(actor.place(), 0);
    const auto to = view.camera.project(actor.place() + velocity, 0);
    return std::clamp(static_cast<int>(std::lround(std::abs(to.x - from.x))), 0, 9) + 1;
}

}  // namespace ekya::streets
