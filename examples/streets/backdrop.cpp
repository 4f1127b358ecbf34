#include "backdrop.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <opencv2/imgproc.hpp>

#include "painter.hpp"

namespace ekya::streets {
namespace {

constexpr double fog_length =
    42;  // metres after which fog of full strength leaves 1/e of the contrast

double hash(int x, int z) {
    auto h =
        static_cast<std::uint32_t>(x) * 374761393U + static_cast<std::uint32_t>(z) * 668265263U;
    h = (h ^ (h >> 13U)) * 1274126177U;
    return static_cast<double>((h ^ (h >> 16U)) & 0xFFFFU) / 65535.0;
}

/// Smooth random numbers over the ground, in [0, 1].
double value_noise(double x, double z) {
    const double fx = std::floor(x), fz = std::floor(z);
    const int ix = static_cast<int>(fx), iz = static_cast<int>(fz);
    const double u = x - fx, v = z - fz;
    const double low = hash(ix, iz) * (1 - u) + hash(ix + 1, iz) * u;
    const double high = hash(ix, iz + 1) * (1 - u) + hash(ix + 1, iz + 1) * u;
    return low * (1 - v) + high * v;
}

enum class Surface { square, pavement, kerb, asphalt, marking };

Surface on_road(const Road& road, Ground place) {
    const auto along = unit(road.to - road.from), right = right_of(along);
    const auto offset = place - road.from;
    const double forward = offset.x * along.x + offset.z * along.z;
    const double aside = offset.x * right.x + offset.z * right.z;
    const double half = road.width / 2;
    if (forward < -20 || forward > length(road.to - road.from) ||
        std::abs(aside) > half + road.pavement)
        return Surface::square;
    if (std::abs(aside) > half + 0.25) return Surface::pavement;
    if (std::abs(aside) > half) return Surface::kerb;
    for (const double crossing : road.crossings) {
        const bool stripe = std::fmod(aside + 100, 1.1) < 0.55;
        if (std::abs(forward - crossing) < 1.6) return stripe ? Surface::marking : Surface::asphalt;
    }
    const bool dash = std::fmod(forward + 200, 5) < 2.2;
    if (std::abs(aside) < 0.09 && dash) return Surface::marking;
    if (std::abs(std::abs(aside) - (half - 1.1)) < 0.06)
        return Surface::marking;  // edge of the cycleway
    return Surface::asphalt;
}

/// Where roads cross, asphalt wins over every pavement and marking.
Surface surface_at(const Layout& layout, Ground place) {
    Surface best = Surface::square;
    int roads = 0;
    for (const auto& road : layout.roads) {
        const auto surface = on_road(road, place);
        best = std::max(best, surface);
        roads += surface >= Surface::asphalt ? 1 : 0;
    }
    return roads > 1 ? Surface::asphalt : best;
}

Colour ground_colour(Surface surface, Ground place, Cover cover) {
    const double coarse = value_noise(place.x * 0.35, place.z * 0.35),
                 fine = value_noise(place.x * 3.1, place.z * 3.1);
    const double grain = 0.88 + 0.14 * coarse + 0.1 * fine;
    Colour colour;
    switch (surface) {
        case Surface::asphalt:
            colour = {96, 95, 93};
            break;
        case Surface::marking:
            colour = {205, 208, 208};
            break;
        case Surface::kerb:
            colour = {150, 152, 155};
            break;
        case Surface::pavement: {
            const bool joint =
                std::fmod(place.x + 500, 1.2) < 0.07 || std::fmod(place.z + 500, 1.2) < 0.07;
            colour = joint ? Colour{118, 122, 126} : Colour{142, 147, 152};
            break;
        }
        default:
            colour = {125, 136, 142};
            break;
    }
    if (cover == Cover::wet)
        colour = colour * (surface == Surface::marking ? 0.8 : 0.6 + 0.12 * coarse);
    if (cover == Cover::snow) {
        const bool track = surface == Surface::asphalt && coarse < 0.45;
        colour = track ? Colour{198, 195, 192} : Colour{236, 232, 228};
    }
    // Far ground pales into the sky, as air does to it; otherwise the horizon looks like a wall.
    const double air = std::clamp((place.z - 55) / 110, 0.0, 1.0);
    return shade(colour, grain) * (1 - air) + Colour{205, 196, 186} * air;
}

void draw_sky(cv::Mat& canvas, double horizon, Cover cover, Random& random) {
    const int bottom = std::min(canvas.rows, cvCeil(horizon) + 2);
    const double seed = random.uniform(0, 500);
    for (int row = 0; row < bottom; ++row) {
        const double height = 1 - row / static_cast<double>(bottom);
        for (int column = 0; column < canvas.cols; ++column) {
            const double cloud = 0.65 * value_noise(column * 0.012 + seed, row * 0.04) +
                                 0.35 * value_noise(column * 0.04, row * 0.11 + seed);
            Colour blue{235 - 15 * height, 205 - 45 * height, 175 - 65 * height};
            if (cover != Cover::dry) blue = {205, 202, 198};
            const Colour colour = blue * (1 - 0.6 * cloud) + Colour{228, 226, 224} * (0.6 * cloud);
            canvas.at<cv::Vec3b>(row, column) = colour;
        }
    }
}

void draw_ground(cv::Mat& canvas, const Layout& layout, Cover cover) {
    for (int row = cvCeil(layout.camera.horizon()) + 1; row < canvas.rows; ++row) {
        for (int column = 0; column < canvas.cols; ++column) {
            const auto place = layout.camera.ground_at(column + 0.5, row + 0.5);
            const auto below = layout.camera.ground_at(column + 0.5, row + 0.9);
            // Two samples in a pixel keep far markings from flickering apart.
            const Colour colour = ground_colour(surface_at(layout, place), place, cover) * 0.5 +
                                  ground_colour(surface_at(layout, below), below, cover) * 0.5;
            canvas.at<cv::Vec3b>(row, column) = colour;
        }
    }
}

/// Wet ground mirrors what stands above its horizon line.
void draw_reflections(cv::Mat& canvas, double horizon) {
    const int first = cvCeil(horizon) + 40;
    for (int row = first; row < canvas.rows; ++row) {
        const int mirrored = std::max(0, first - (row - first) / 2 - 4);
        const double share = 0.22 * (1 - (row - first) / static_cast<double>(canvas.rows));
        cv::Mat line = canvas.row(row);
        cv::addWeighted(line, 1 - share, canvas.row(mirrored), share, 0, line);
    }
}

/// Distance in metres of what each pixel shows, roughly: ground below, the houses above.
cv::Mat draw_haze(const Layout& layout) {
    cv::Mat haze(layout.camera.canvas(), CV_8UC1);
    for (int row = 0; row < haze.rows; ++row) {
        const double z =
            row > layout.camera.horizon() + 2 ? layout.camera.ground_at(0, row).z : 90.0;
        const double share = 1 - std::exp(-std::clamp(z, 5.0, 60.0) / fog_length);
        haze.row(row).setTo(cvRound(255 * share));
    }
    return haze;
}

cv::Mat draw_street(const Layout& layout, Cover cover, cv::Mat& lit, Random random) {
    cv::Mat canvas(layout.camera.canvas(), CV_8UC3, cv::Scalar(140, 140, 140));
    draw_sky(canvas, layout.camera.horizon(), cover, random);
    draw_ground(canvas, layout, cover);
    draw_facades(canvas, lit, layout, cover, random);
    draw_trees(canvas, lit, layout, cover, random);
    if (cover == Cover::wet) draw_reflections(canvas, layout.camera.horizon());
    return canvas;
}

}  // namespace

double fog_before(double metres, const Weather& weather) {
    return std::min(weather.fog + 0.25 * weather.rain + 0.3 * weather.snow, 1.0) *
           (1 - std::exp(-std::clamp(metres, 5.0, 60.0) / fog_length));
}

Backdrop::Backdrop(const Layout& layout, Random& random) : haze_(draw_haze(layout)) {
    const Random same(random.bits());  // the houses are the same in every weather
    lit_windows_ = cv::Mat::zeros(layout.camera.canvas(), CV_8UC3);
    cv::Mat unused = lit_windows_.clone();
    dry_ = draw_street(layout, Cover::dry, lit_windows_, same);
    wet_ = draw_street(layout, Cover::wet, unused, same);
    snowy_ = draw_street(layout, Cover::snow, unused, same);
}

const cv::Mat& Backdrop::in(const Weather& weather) {
    const cv::Vec3i wanted(cvRound(weather.rain * 32), cvRound(weather.fog * 32),
                           cvRound(weather.snow * 32));
    if (wanted == drawn_for_) return now_;
    drawn_for_ = wanted;
    cv::addWeighted(dry_, 1 - weather.rain, wet_, weather.rain, 0, now_);
    cv::addWeighted(now_, 1 - weather.snow, snowy_, weather.snow, 0, now_);
    const double fog = std::min(weather.fog + 0.25 * weather.rain + 0.3 * weather.snow, 1.0);
    if (fog <= 0) return now_;
    for (int row = 0; row < now_.rows; ++row) {
        const double share = haze_.at<std::uint8_t>(row, 0) / 255.0 * fog;
        cv::Mat line = now_.row(row);
        line.convertTo(line, -1, 1 - share);
        line += cv::Scalar(fog_colour[0], fog_colour[1], fog_colour[2]) * share;
    }
    return now_;
}

}  // namespace ekya::streets
