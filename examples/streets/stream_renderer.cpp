#include "stream_renderer.hpp"

#include <algorithm>
#include <cmath>

namespace ekya::streets {
namespace {

constexpr double step_seconds = 0.1;
constexpr double warm_up_seconds = 25;  // the street is already busy in the first frame

}  // namespace

StreamRenderer::StreamRenderer(const Settings& settings, int camera)
    : frame_seconds_(1.0 / settings.fps),
      size_(settings.width, settings.height),
      schedule_(camera, settings.window),
      random_(settings.seed * 1000003U + static_cast<std::uint64_t>(camera)),
      layout_(make_layout(camera, size_, random_)),
      backdrop_(layout_, random_),
      traffic_(layout_, random_),
      compositor_(layout_.camera),
      lighting_(layout_),
      precipitation_(layout_.camera.canvas(), random_),
      noise_(size_, random_) {
    const auto start = schedule_.at(0);
    for (double now = -warm_up_seconds; now < 0; now += step_seconds)
        traffic_.step(now, step_seconds, start);
}

const cv::Mat& StreamRenderer::next() {
    const double now = static_cast<double>(frame_number_++) * frame_seconds_;
    const auto condition = schedule_.at(now);
    // At low frame rates nobody may jump over the one ahead.
    const int steps =
        std::max(1, static_cast<int>(std::ceil(frame_seconds_ / step_seconds - 1e-9)));
    for (int i = 0; i < steps; ++i) traffic_.step(now, frame_seconds_ / steps, condition);

    backdrop_.in(condition.weather).copyTo(canvas_);
    compositor_.draw(canvas_, traffic_.actors(), condition);
    lighting_.apply(canvas_, condition.light, traffic_.actors(), backdrop_.lit_windows(),
                    compositor_.owners());
    precipitation_.add(canvas_, condition, random_);

    // A pole in the wind: whole pixels are enough, and boxes stay exact.
    const int shake_x = random_.chance(0.25) ? random_.between(-1, 1) : 0;
    const int shake_y = random_.chance(0.15) ? random_.between(-1, 1) : 0;
    const cv::Rect cut({Camera::margin + shake_x, Camera::margin + shake_y}, size_);
    canvas_(cut).copyTo(frame_);
    noise_.add(frame_, condition.light.noise, random_);
    annotations_ = compositor_.annotations(cut);
    return frame_;
}

}  // namespace ekya::streets
