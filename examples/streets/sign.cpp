// Traffic signs: the plate is the object, its pole or trailer is not.
#include <algorithm>
#include <cmath>

#include "actor.hpp"

namespace ekya::streets {
namespace {

const Colour white{225, 228, 228};
const Colour red{45, 40, 190};
const Colour blue{170, 90, 35};
const Colour yellow{40, 190, 225};
const Colour orange{30, 120, 235};
const Colour black{35, 35, 35};

/// A plate seen under an angle: coordinates in half plate widths.
struct Plate {
    const Board& board;
    double middle;  ///< metres above the ground
    double half;    ///< metres
    double narrow;  ///< 0 .. 1, from the angle
    [[nodiscard]] cv::Point2d at(double x, double y) const {
        return board.at(x * half * narrow, middle + y * half);
    }
    void fill(Painter& painter, std::initializer_list<cv::Point2d> corners,
              const Colour& colour) const {
        std::vector<cv::Point2d> points;
        for (const auto& corner : corners) points.push_back(at(corner.x, corner.y));
        painter.polygon(points, colour);
    }
    void disc(Painter& painter, double radius, const Colour& colour) const {
        painter.ellipse(at(0, 0), radius * half * narrow * board.scale(),
                        radius * half * board.scale(), colour);
    }
};

void draw_digits(Painter& painter, const Plate& plate, const Colour& colour, double size) {
    for (const double x : {-0.5, 0.35}) {
        plate.fill(painter,
                   {{(x - 0.22) * size, -0.6 * size},
                    {(x + 0.28) * size, -0.6 * size},
                    {(x + 0.28) * size, 0.6 * size},
                    {(x - 0.22) * size, 0.6 * size}},
                   colour);
    }
}

void draw_round(Painter& painter, const Plate& plate, std::size_t detail) {
    plate.disc(painter, 1, detail % 3 == 2 ? blue : red);
    if (detail % 3 == 0) {  // speed limit
        plate.disc(painter, 0.72, white);
        draw_digits(painter, plate, black, 0.5);
    } else if (detail % 3 == 1) {  // no entry
        plate.fill(painter, {{-0.65, -0.2}, {0.65, -0.2}, {0.65, 0.2}, {-0.65, 0.2}}, white);
    } else {  // this way
        plate.fill(painter,
                   {{-0.6, 0.1},
                    {0.1, 0.1},
                    {0.1, 0.45},
                    {0.7, 0},
                    {0.1, -0.45},
                    {0.1, -0.1},
                    {-0.6, -0.1}},
                   white);
    }
}

void draw_triangle(Painter& painter, const Plate& plate, const Colour& ground, std::size_t detail) {
    plate.fill(painter, {{-1, -0.8}, {0, 0.95}, {1, -0.8}}, red);
    plate.fill(painter, {{-0.62, -0.58}, {0, 0.5}, {0.62, -0.58}}, ground);
    if (detail % 2 == 0) {
        plate.fill(painter, {{-0.1, -0.5}, {0.1, -0.5}, {0.1, 0.2}, {-0.1, 0.2}}, black);
    } else {
        plate.fill(painter, {{-0.3, -0.5}, {0, 0.1}, {0.3, -0.5}}, black);
    }
}

void draw_square(Painter& painter, const Plate& plate, std::size_t detail) {
    plate.fill(painter, {{-0.9, -0.9}, {-0.9, 0.9}, {0.9, 0.9}, {0.9, -0.9}}, blue);
    if (detail % 2 == 0) {  // parking
        plate.fill(painter, {{-0.4, -0.65}, {-0.4, 0.65}, {-0.1, 0.65}, {-0.1, -0.65}}, white);
        plate.fill(painter, {{-0.1, 0.65}, {0.5, 0.5}, {0.5, 0.1}, {-0.1, -0.1}}, white);
    } else {  // zebra crossing
        plate.fill(painter, {{-0.7, -0.6}, {0, 0.65}, {0.7, -0.6}}, white);
        plate.fill(painter, {{-0.1, -0.5}, {0, 0.35}, {0.15, -0.5}}, black);
    }
}

void draw_octagon(Painter& painter, const Plate& plate) {
    plate.fill(painter,
               {{-1, -0.42},
                {-1, 0.42},
                {-0.42, 1},
                {0.42, 1},
                {1, 0.42},
                {1, -0.42},
                {0.42, -1},
                {-0.42, -1}},
               red);
    plate.fill(painter, {{-0.75, -0.2}, {-0.75, 0.2}, {0.75, 0.2}, {0.75, -0.2}}, white);
}

void draw_diamond(Painter& painter, const Plate& plate) {
    plate.fill(painter, {{0, -1}, {-1, 0}, {0, 1}, {1, 0}}, white);
    plate.fill(painter, {{0, -0.7}, {-0.7, 0}, {0, 0.7}, {0.7, 0}}, yellow);
}

void draw_arrow_board(Painter& painter, const Plate& plate, std::size_t detail) {
    plate.fill(painter, {{-1.3, -0.75}, {-1.3, 0.75}, {1.3, 0.75}, {1.3, -0.75}},
               detail % 2 == 0 ? orange : black);
    const double way = detail % 3 == 0 ? -1 : 1;
    plate.fill(painter,
               {{-0.9 * way, 0.15},
                {0.2 * way, 0.15},
                {0.2 * way, 0.55},
                {1.0 * way, 0},
                {0.2 * way, -0.55},
                {0.2 * way, -0.15},
                {-0.9 * way, -0.15}},
               detail % 2 == 0 ? black : yellow);
}

void draw_barrier(Painter& painter, const Plate& plate) {
    plate.fill(painter, {{-1.5, -0.45}, {-1.5, 0.45}, {1.5, 0.45}, {1.5, -0.45}}, white);
    for (const double x : {-1.3, -0.5, 0.3, 1.1}) {
        plate.fill(painter, {{x - 0.2, -0.45}, {x + 0.2, -0.45}, {x + 0.4, 0.45}, {x, 0.45}}, red);
    }
}

void draw_detour(Painter& painter, const Plate& plate, std::size_t detail) {
    plate.fill(painter, {{-1.1, -0.7}, {-1.1, 0.7}, {1.1, 0.7}, {1.1, -0.7}}, yellow);
    for (const double y : {-0.35, 0.15}) {
        const double end = detail % 2 == 0 ? 0.8 : 0.4;
        plate.fill(painter, {{-0.85, y}, {-0.85, y + 0.22}, {end, y + 0.22}, {end, y}}, black);
    }
}

void draw_plate(Painter& painter, const Plate& plate, const Look& look) {
    switch (look.shape) {
        case 0:
            return draw_round(painter, plate, look.detail);
        case 1:
            return draw_triangle(painter, plate, white, look.detail);
        case 2:
            return draw_square(painter, plate, look.detail);
        case 3:
            return draw_octagon(painter, plate);
        case 4:
            return draw_diamond(painter, plate);
        case 5:
            return draw_arrow_board(painter, plate, look.detail);
        case 6:
            return draw_barrier(painter, plate);
        case 7:
            return draw_detour(painter, plate, look.detail);
        default:
            return draw_triangle(painter, plate, yellow, look.detail);
    }
}

Part draw_support(const Actor& actor, const Board& board, double middle, cv::Size canvas) {
    const bool trailer = actor.speed > 0;
    Painter painter(board.box(trailer ? 0.9 : 0.15, 0, middle), canvas);
    painter.line(board.at(0, 0), board.at(0, middle), std::max(0.08 * board.scale(), 1.0),
                 {120, 122, 122});
    if (trailer) {
        const cv::Point2d body[] = {board.at(-0.8, 0.3), board.at(-0.8, 0.65), board.at(0.8, 0.65),
                                    board.at(0.8, 0.3)};
        painter.polygon(body, {50, 110, 170});
        for (const double x : {-0.5, 0.5}) {
            painter.ellipse(board.at(x, 0.24), 0.24 * board.scale(), 0.24 * board.scale(),
                            {35, 35, 35});
        }
    }
    return {painter.finish(), false};
}

}  // namespace

std::vector<Part> draw_sign(const Actor& actor, const View& view) {
    const Board board(view.camera, actor.place());
    const auto& look = actor.look;
    const double half = 0.5 * look.size;
    const bool low = look.shape >= 5;  // temporary signs stand lower
    const Plate plate{board, (low ? 1.0 : 1.75) + half, half, std::cos(look.turn)};
    const double wide = look.shape == 6 ? 1.5 : look.shape == 5 ? 1.3 : look.shape == 7 ? 1.1 : 1.0;

    std::vector<Part> parts;
    parts.push_back(draw_support(actor, board, plate.middle, view.camera.canvas()));
    Painter painter({plate.at(-wide, 1), plate.at(wide, -1)}, view.camera.canvas());
    draw_plate(painter, plate, look);
    parts.push_back({painter.finish(smear_of(actor, view)), true});
    return parts;
}

}  // namespace ekya::streets
