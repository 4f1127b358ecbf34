// One synthetic camera, frame after frame.
#pragma once

#include <vector>

#include "backdrop.hpp"
#include "compositor.hpp"
#include "lighting.hpp"
#include "schedule.hpp"
#include "settings.hpp"
#include "traffic.hpp"
#include "weather.hpp"

namespace ekya::streets {

class StreamRenderer {
public:
    StreamRenderer(const Settings& settings, int camera);
    StreamRenderer(const StreamRenderer&) = delete;  // the parts refer to each other
    StreamRenderer& operator=(const StreamRenderer&) = delete;

    /// The next frame, CV_8UC3, valid until the next call; its boxes are in annotations().
    const cv::Mat& next();
    [[nodiscard]] const std::vector<Annotation>& annotations() const { return annotations_; }

private:
    double frame_seconds_;
    cv::Size size_;
    Schedule schedule_;
    Random random_;
    Layout layout_;
    Backdrop backdrop_;
    TrafficModel traffic_;
    Compositor compositor_;
    Lighting lighting_;
    Precipitation precipitation_;
    SensorNoise noise_;
    cv::Mat canvas_;
    cv::Mat frame_;
    std::vector<Annotation> annotations_;
    long frame_number_ = 0;
};

}  // namespace ekya::streets
