// What lies between camera and street (rain, snow flakes) and in the sensor (noise), as ready
// layers.
#pragma once

#include <opencv2/core.hpp>

#include "condition.hpp"
#include "random.hpp"

namespace ekya::streets {

class Precipitation {
public:
    Precipitation(cv::Size canvas, Random& random);

    void add(cv::Mat& canvas, const Condition& condition, Random& random) const;

private:
    cv::Mat streaks_;
    cv::Mat flakes_;
};

class SensorNoise {
public:
    SensorNoise(cv::Size frame, Random& random);

    void add(cv::Mat& frame, double sigma, Random& random) const;

private:
    cv::Mat grain_;
};

}  // namespace ekya::streets
