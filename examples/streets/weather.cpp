#include "weather.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace ekya::streets {
namespace {

constexpr int spare = 96;  // layers are larger than the picture and cut at a new place each frame
constexpr double grain_sigma = 24;  // of the stored noise

cv::Mat cut(const cv::Mat& layer, cv::Size size, Random& random) {
    return layer(cv::Rect(
        {random.between(0, layer.cols - size.width), random.between(0, layer.rows - size.height)},
        size));
}

cv::Mat draw_streaks(cv::Size size, Random& random) {
    cv::Mat layer = cv::Mat::zeros(size, CV_8UC3);
    const int drops = size.area() / 420;
    for (int i = 0; i < drops; ++i) {
        const cv::Point from(random.between(0, size.width), random.between(0, size.height));
        const int fall = random.between(8, 22);
        const double light = random.uniform(25, 75);
        cv::line(layer, from, from + cv::Point(-fall / 5, fall), cv::Scalar::all(light), 1,
                 cv::LINE_AA);
    }
    return layer;
}

cv::Mat draw_flakes(cv::Size size, Random& random) {
    cv::Mat layer = cv::Mat::zeros(size, CV_8UC3);
    const int flakes = size.area() / 330;
    for (int i = 0; i < flakes; ++i) {
        const cv::Point centre(random.between(0, size.width), random.between(0, size.height));
        const double light = random.uniform(70, 210);
        cv::circle(layer, centre, random.chance(0.2) ? 2 : 1, cv::Scalar::all(light), cv::FILLED,
                   cv::LINE_AA);
    }
    return layer;
}

}  // namespace

Precipitation::Precipitation(cv::Size canvas, Random& random) {
    const cv::Size size(canvas.width + spare, canvas.height + spare);
    streaks_ = draw_streaks(size, random);
    flakes_ = draw_flakes(size, random);
}

void Precipitation::add(cv::Mat& canvas, const Condition& condition, Random& random) const {
    // Drops and flakes are lit like everything else, but never vanish: lamps shine through them.
    const double light = std::max(
        0.35, (condition.light.gain[0] + condition.light.gain[1] + condition.light.gain[2]) / 3);
    if (condition.weather.rain > 0.02) {
        cv::addWeighted(canvas, 1, cut(streaks_, canvas.size(), random),
                        condition.weather.rain * light, 0, canvas);
    }
    if (condition.weather.snow > 0.02) {
        cv::addWeighted(canvas, 1, cut(flakes_, canvas.size(), random),
                        condition.weather.snow * light, 0, canvas);
    }
}

SensorNoise::SensorNoise(cv::Size frame, Random& random) {
    const cv::Size size(frame.width + spare, frame.height + spare);
    cv::RNG rng(random.bits());
    cv::Mat grey(size, CV_8UC1), colour(size, CV_8UC3), spread;
    rng.fill(grey, cv::RNG::NORMAL, 128, grain_sigma);
    rng.fill(colour, cv::RNG::NORMAL, 128, grain_sigma);
    cv::cvtColor(grey, spread, cv::COLOR_GRAY2BGR);
    cv::addWeighted(spread, 0.9, colour, 0.45, -0.35 * 128, grain_);
}

void SensorNoise::add(cv::Mat& frame, double sigma, Random& random) const {
    const double share = sigma / grain_sigma;
    cv::addWeighted(frame, 1, cut(grain_, frame.size(), random), share, -128 * share, frame);
}

}  // namespace ekya::streets
