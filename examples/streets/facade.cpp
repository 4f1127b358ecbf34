// Houses along a line: walls with courses of brick, windows, shops with awnings; and trees.
#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "backdrop.hpp"
#include "painter.hpp"

namespace ekya::streets {
namespace {

/// Coordinates on a wall: metres along it and metres up.
struct Wall {
    const Camera& camera;
    Ground from;
    Ground along;
    [[nodiscard]] cv::Point2d at(double forward, double up) const {
        return camera.project(from + along * forward, up);
    }
};

void fill(cv::Mat& canvas, const std::array<cv::Point2d, 4>& corners, const Colour& colour) {
    std::array<cv::Point, 4> points;
    for (std::size_t i = 0; i < points.size(); ++i) {
        points[i] = {cvRound(corners[i].x * 16), cvRound(corners[i].y * 16)};
    }
    cv::fillConvexPoly(canvas, points.data(), static_cast<int>(points.size()), opaque(colour),
                       cv::LINE_AA, 4);
}

void fill_box(cv::Mat& canvas, const Wall& wall, cv::Rect2d box, const Colour& colour) {
    const double right = box.x + box.width, top = box.y + box.height;
    fill(canvas,
         {wall.at(box.x, box.y), wall.at(box.x, top), wall.at(right, top), wall.at(right, box.y)},
         colour);
}

struct House {
    double start;
    double width;
    double height;
    Colour colour;
    double light;  ///< factor, from the way the wall looks
};

void draw_bricks(cv::Mat& canvas, const Wall& wall, const House& house, Random& random) {
    fill_box(canvas, wall, {house.start, 0, house.width, house.height},
             shade(house.colour, house.light));
    for (double up = 3.4; up < house.height; up += 0.45) {
        const double forward = house.start + random.uniform(0, house.width * 0.7);
        fill_box(
            canvas, wall,
            {forward, up, std::min(house.width * 0.3, house.start + house.width - forward), 0.22},
            shade(house.colour, house.light * random.uniform(0.9, 1.06)));
    }
    fill_box(canvas, wall, {house.start, house.height - 0.4, house.width, 0.4},
             shade(house.colour, house.light * 0.7));
}

void draw_windows(cv::Mat& canvas, cv::Mat& lit, const Wall& wall, const House& house,
                  Random& random) {
    const int columns = std::max(1, static_cast<int>(house.width / 2.6));
    const double pitch = house.width / columns;
    for (double up = 4.3; up + 1.9 < house.height; up += 3.1) {
        for (int i = 0; i < columns; ++i) {
            const double forward = house.start + (i + 0.5) * pitch - 0.6;
            fill_box(canvas, wall, {forward - 0.12, up - 0.12, 1.44, 1.94},
                     shade({200, 205, 208}, house.light));
            fill_box(canvas, wall, {forward, up, 1.2, 1.7},
                     shade({88, 76, 66}, random.uniform(0.7, 1.2)));
            if (random.chance(0.35)) {
                fill_box(lit, wall, {forward, up, 1.2, 1.7},
                         shade({70, 140, 175}, random.uniform(0.4, 0.9)));
            }
        }
    }
}

void draw_shop(cv::Mat& canvas, cv::Mat& lit, const Wall& wall, const House& house,
               Random& random) {
    const Colour paint{random.uniform(30, 150), random.uniform(40, 130), random.uniform(50, 170)};
    fill_box(canvas, wall, {house.start + 0.2, 0, house.width - 0.4, 3.2},
             shade(paint, house.light));
    const double door = house.start + random.uniform(0.5, house.width - 2);
    fill_box(canvas, wall, {house.start + 0.6, 0.5, house.width - 1.2, 2.0},
             shade({95, 85, 76}, random.uniform(0.7, 1.1)));
    if (random.chance(0.5))
        fill_box(lit, wall, {house.start + 0.6, 0.5, house.width - 1.2, 2.0}, {85, 125, 140});
    fill_box(canvas, wall, {door, 0, 1.1, 2.3}, shade(paint, 0.5));
    if (random.chance(0.6)) {
        const Colour awning{random.uniform(40, 190), random.uniform(40, 190),
                            random.uniform(60, 200)};
        const int strips = static_cast<int>(house.width / 0.7);
        for (int i = 0; i < strips; ++i) {
            fill_box(canvas, wall,
                     {house.start + 0.3 + i * (house.width - 0.6) / strips, 2.5,
                      (house.width - 0.6) / strips, 0.65},
                     shade(i % 2 == 0 ? awning : Colour{205, 208, 210}, house.light));
        }
    }
}

void draw_roof_snow(cv::Mat& canvas, const Wall& wall, const House& house) {
    fill_box(canvas, wall, {house.start, house.height - 0.1, house.width, 0.5}, {238, 235, 232});
    fill_box(canvas, wall, {house.start + 0.3, 3.1, house.width - 0.6, 0.2}, {238, 235, 232});
}

void draw_row(cv::Mat& canvas, cv::Mat& lit, const Camera& camera, const Facade& facade,
              Cover cover, Random& random) {
    static const std::array<Colour, 6> walls{Colour{110, 125, 160}, {150, 170, 185},
                                             {165, 170, 172},       {95, 105, 140},
                                             {140, 160, 150},       {120, 140, 170}};
    const Wall wall{camera, facade.from, unit(facade.to - facade.from)};
    const double total = length(facade.to - facade.from);
    const double light = 0.86 + 0.14 * std::abs(wall.along.x);
    std::vector<House> houses;
    for (double start = 0; start < total - 1;) {
        const double width = std::min(random.uniform(6, 11), total - start);
        houses.push_back({start, width, random.uniform(8, 14.5),
                          shade(walls[random.below(walls.size())], random.uniform(0.85, 1.1)),
                          light});
        start += width;
    }
    // Far houses first where the row runs away from the camera.
    if (wall.along.z > 0) std::ranges::reverse(houses);
    for (const auto& house : houses) {
        draw_bricks(canvas, wall, house, random);
        draw_windows(canvas, lit, wall, house, random);
        draw_shop(canvas, lit, wall, house, random);
        if (cover == Cover::snow) draw_roof_snow(canvas, wall, house);
    }
}

}  // namespace

void draw_facades(cv::Mat& canvas, cv::Mat& lit, const Layout& layout, Cover cover, Random random) {
    std::vector<Facade> rows = layout.facades;
    std::ranges::sort(rows, std::greater{},
                      [](const Facade& row) { return row.from.z + row.to.z; });
    for (const auto& row : rows) draw_row(canvas, lit, layout.camera, row, cover, random);
}

void draw_trees(cv::Mat& canvas, cv::Mat& lit, const Layout& layout, Cover cover, Random random) {
    for (const auto& place : layout.trees) {
        const auto foot = layout.camera.project(place, 0);
        const double scale = layout.camera.pixels_per_metre(place.z);
        cv::line(canvas, foot, foot - cv::Point2d(0, 3 * scale), {50, 62, 75},
                 std::max(1, cvRound(0.3 * scale)), cv::LINE_AA);
        for (int i = 0; i < 90; ++i) {
            const double angle = random.uniform(0, 2 * CV_PI), reach = std::sqrt(random.uniform());
            const cv::Point2d leaf = foot + cv::Point2d(1.6 * reach * std::cos(angle),
                                                        -4.2 + 1.7 * reach * std::sin(angle)) *
                                                scale;
            const double light = random.uniform(0.7, 1.25);
            const Colour colour = cover == Cover::snow && random.chance(0.5)
                                      ? Colour{225, 222, 220}
                                      : shade({52, 95, 70}, light);
            const int radius = std::max(1, cvRound(random.uniform(0.15, 0.45) * scale));
            cv::circle(canvas, leaf, radius, opaque(colour), cv::FILLED, cv::LINE_AA);
            cv::circle(lit, leaf, radius, cv::Scalar::all(0),
                       cv::FILLED);  // leaves hide the windows behind
        }
    }
}

}  // namespace ekya::streets
