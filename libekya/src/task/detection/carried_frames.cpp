#include "carried_frames.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "ekya/core/box_matching.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

class Classes {
public:
    int index_of(const std::string& name) {
        return indices_.emplace(name, static_cast<int>(indices_.size())).first->second;
    }

private:
    std::map<std::string, int> indices_;
};

BoxCounts carried(const FrameLabel& from, const FrameLabel& to, Classes& classes) {
    std::vector<ScoredBox> answers;
    std::vector<TargetBox> objects;
    for (const auto& box : from.boxes)
        if (!box.ignore) answers.push_back({box.box, classes.index_of(box.class_name), box.score});
    for (const auto& box : to.boxes)
        objects.push_back({box.box, classes.index_of(box.class_name), box.ignore});
    return count_matches(answers, objects);
}

struct Point {
    double distance, share, weight;
};

/// The nearest fit that never rises with the distance (pool adjacent violators).
std::vector<Point> falling(const std::vector<Point>& points) {
    std::vector<std::vector<Point>> pools;
    const auto mean = [](const std::vector<Point>& pool) {
        double sum = 0, weight = 0;
        for (const auto& point : pool) {
            sum += point.share * point.weight;
            weight += point.weight;
        }
        return sum / weight;
    };
    for (const auto& point : points) {
        pools.push_back({point});
        while (pools.size() > 1 && mean(pools[pools.size() - 2]) < mean(pools.back())) {
            auto last = std::move(pools.back());
            pools.pop_back();
            pools.back().insert(pools.back().end(), last.begin(), last.end());
        }
    }
    std::vector<Point> result;
    for (const auto& pool : pools)
        for (const auto& point : pool) result.push_back({point.distance, mean(pool), point.weight});
    return result;
}

double at(const std::vector<Point>& points, double distance) {
    const auto after = std::find_if(points.begin(), points.end(),
                                    [&](const Point& point) { return point.distance >= distance; });
    if (after == points.end()) return points.back().share;
    if (after == points.begin()) return after->share;
    const auto before = after - 1;
    const double part = (distance - before->distance) / (after->distance - before->distance);
    return before->share + part * (after->share - before->share);
}

}  // namespace

std::vector<double> carried_frames(const WindowManifest& window,
                                   const std::vector<FrameLabel>& labels,
                                   std::span<const int> strides) {
    std::map<std::int64_t, BoxCounts> by_distance;
    Classes classes;
    const int farthest = strides.empty() ? 0 : *std::max_element(strides.begin(), strides.end());
    const auto frame_of = [&](const FrameLabel& label) {
        if (label.frame >= static_cast<int>(window.frames.size()))
            throw InputError("stream " + window.stream + ", window " +
                             std::to_string(window.window) + ": frame " +
                             std::to_string(label.frame) + " is labelled, the window holds " +
                             std::to_string(window.frames.size()));
        return window.frames[static_cast<std::size_t>(label.frame)].frame;
    };
    for (std::size_t i = 0; i < labels.size(); ++i)
        for (std::size_t j = i + 1; j < labels.size(); ++j) {
            const auto distance = frame_of(labels[j]) - frame_of(labels[i]);
            // The nearest pair says something where none is near.
            if (distance > farthest && j > i + 1) break;
            by_distance[distance] += carried(labels[i], labels[j], classes);
        }
    std::vector<Point> points{{0, 1, 1e9}};
    for (const auto& [distance, counts] : by_distance)
        if (distance > 0 && counts.answers + counts.objects > 0)
            points.push_back({static_cast<double>(distance), counts.f1(),
                              static_cast<double>(counts.answers + counts.objects)});
    points = falling(points);
    // Without any pair nothing is known: objects are taken to move on fast.
    constexpr double kept_unknown = 0.8;  // from one frame to the next
    std::vector<double> shares;
    for (const int stride : strides) {
        require_in_range("stride", stride, 1, std::numeric_limits<int>::max());
        double sum = 0;
        for (int distance = 0; distance < stride; ++distance)
            sum += points.size() > 1 ? at(points, distance) : std::pow(kept_unknown, distance);
        shares.push_back(sum / stride);
    }
    return shares;
}

}  // namespace ekya
