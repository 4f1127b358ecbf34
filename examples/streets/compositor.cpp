#include "compositor.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "backdrop.hpp"

namespace ekya::streets {
namespace {

constexpr int smallest_side = 8;       // pixels
constexpr int smallest_area = 120;     // square pixels
constexpr double visible_share = 0.4;  // of the pixels of an object
constexpr double inside_share = 0.5;   // of its outline
constexpr std::size_t most_objects = 254;
constexpr std::uint8_t nobody = 255;  // poles and stalls hide objects but have no box

std::vector<const Actor*> far_to_near(const std::vector<Actor>& actors) {
    std::vector<const Actor*> order;
    for (const auto& actor : actors) {
        const auto place = actor.place();
        if (place.z > 6 && place.z < 95) order.push_back(&actor);
    }
    std::ranges::stable_sort(order, std::greater{},
                             [](const Actor* actor) { return actor->place().z; });
    return order;
}

}  // namespace

void Compositor::cast_shadow(cv::Mat& canvas, const Actor& actor, const View& view,
                             double strength) const {
    std::vector<cv::Point2f> points;
    for (const auto& place : shadow_of(actor, view)) points.emplace_back(camera_.project(place, 0));
    const cv::Rect box = cv::boundingRect(points);
    const cv::Rect area = cv::Rect(box.x - 2, box.y - 2, box.width + 4, box.height + 4) &
                          cv::Rect({0, 0}, canvas.size());
    if (area.empty() || box.width > 3 * canvas.cols) return;
    std::vector<cv::Point2f> hull;
    cv::convexHull(points, hull);
    std::vector<cv::Point> corners;
    for (const auto& point : hull) {
        corners.emplace_back(cvRound((point.x - static_cast<float>(area.x)) * 16),
                             cvRound((point.y - static_cast<float>(area.y)) * 16));
    }
    cv::Mat part = canvas(area);
    cv::Mat mask = cv::Mat::zeros(area.size(), CV_8UC1);
    cv::fillConvexPoly(mask, corners, cv::Scalar(cvRound(255 * strength)), cv::LINE_8, 4);
    cv::blur(mask, mask, {3, 3});
    for (int row = 0; row < part.rows; ++row) {
        auto* pixel = part.ptr<std::uint8_t>(row);
        const auto* dark = mask.ptr<std::uint8_t>(row);
        for (int column = 0; column < part.cols; ++column) {
            const int keep = 256 - dark[column];
            for (int channel = 0; channel < 3; ++channel, ++pixel)
                *pixel = static_cast<std::uint8_t>(*pixel * keep >> 8);
        }
    }
}

int Compositor::blend(cv::Mat& canvas, const Patch& patch, double fog, std::uint8_t id) {
    if (patch.ink.empty()) return 0;
    const int clear = cvRound(256 * (1 - fog));
    const cv::Vec3i haze(cvRound(fog_colour[0] * fog), cvRound(fog_colour[1] * fog),
                         cvRound(fog_colour[2] * fog));
    int drawn = 0;
    for (int row = 0; row < patch.area.height; ++row) {
        const auto* ink = patch.ink.ptr<cv::Vec4b>(row);
        auto* pixel = canvas.ptr<cv::Vec3b>(patch.area.y + row) + patch.area.x;
        auto* owner = ids_.ptr<std::uint8_t>(patch.area.y + row) + patch.area.x;
        for (int column = 0; column < patch.area.width; ++column) {
            const int alpha = ink[column][3];
            if (alpha == 0) continue;
            const int keep = 255 - alpha;
            for (int channel = 0; channel < 3; ++channel) {
                const int value = (ink[column][channel] * clear >> 8) +
                                  (haze[channel] * alpha + pixel[column][channel] * keep) / 255;
                pixel[column][channel] = static_cast<std::uint8_t>(std::min(value, 255));
            }
            if (alpha > 127) {
                owner[column] = id;
                ++drawn;
            }
        }
    }
    return drawn;
}

void Compositor::mirror(cv::Mat& canvas, const Patch& patch, double share) const {
    if (patch.ink.empty()) return;
    const int foot = patch.area.y + patch.area.height - 2;
    for (int row = 0; row < patch.area.height && foot + row < canvas.rows; ++row) {
        const auto* ink = patch.ink.ptr<cv::Vec4b>(patch.area.height - 1 - row);
        auto* pixel = canvas.ptr<cv::Vec3b>(foot + row) + patch.area.x;
        const double fading = share * (1 - row / static_cast<double>(patch.area.height));
        const int weight = cvRound(256 * fading);
        for (int column = 0; column < patch.area.width; ++column) {
            const int keep = 256 - (ink[column][3] * weight >> 8);
            for (int channel = 0; channel < 3; ++channel) {
                pixel[column][channel] = static_cast<std::uint8_t>(std::min(
                    (pixel[column][channel] * keep + ink[column][channel] * weight) >> 8, 255));
            }
        }
    }
}

void Compositor::draw(cv::Mat& canvas, const std::vector<Actor>& actors,
                      const Condition& condition) {
    const View view{camera_,
                    {condition.light.shadow_x, condition.light.shadow_z},
                    condition.light.shutter * 0.1};
    const auto order = far_to_near(actors);
    ids_.create(canvas.size(), CV_8UC1);
    ids_.setTo(0);
    seen_.clear();
    const double sunny = condition.light.shadow *
                         (1 - 0.7 * std::max(condition.weather.fog, condition.weather.rain));
    const View noon{camera_, {0.1, 0.05}, 0};
    for (const auto* actor : order) {
        if (sunny > 0.02) cast_shadow(canvas, *actor, view, sunny);
        if (actor->kind <= Kind::bicycle)
            cast_shadow(canvas, *actor, noon, 0.35);  // what a body shades right under it
    }
    for (const auto* actor : order) {
        const double fog = fog_before(actor->place().z, condition.weather);
        for (const auto& [patch, annotated] : draw_actor(*actor, view)) {
            if (condition.weather.rain > 0.1) mirror(canvas, patch, 0.3 * condition.weather.rain);
            const bool counted =
                annotated && actor->kind != Kind::prop && seen_.size() < most_objects;
            if (!counted) {
                blend(canvas, patch, fog, nobody);
                continue;
            }
            const auto id = static_cast<std::uint8_t>(seen_.size() + 1);
            seen_.push_back(
                {actor->kind, patch.area, patch.outline, blend(canvas, patch, fog, id)});
        }
    }
}

std::vector<Annotation> Compositor::annotations(cv::Rect frame) const {
    std::vector<Annotation> result;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
        const auto& seen = seen_[i];
        const cv::Rect area = seen.area & frame;
        const double inside =
            (seen.outline & cv::Rect2d(frame)).area() / std::max(seen.outline.area(), 1.0);
        if (area.empty() || seen.drawn == 0 || inside < inside_share) continue;
        const cv::Mat own = ids_(area) == static_cast<int>(i + 1);
        const cv::Rect box = cv::boundingRect(own);
        if (box.width < smallest_side || box.height < smallest_side || box.area() < smallest_area)
            continue;
        if (cv::countNonZero(own) < visible_share * seen.drawn) continue;
        const cv::Point corner = area.tl() - frame.tl() + box.tl();
        result.push_back(
            {seen.kind, corner.x, corner.y, corner.x + box.width, corner.y + box.height});
    }
    return result;
}

}  // namespace ekya::streets
