#include "ekya/profile/pareto.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

void require_finite(std::span<const CostPoint> points) {
    constexpr double largest = std::numeric_limits<double>::max();
    for (const auto& point : points) {
        require_in_range("accuracy", point.accuracy, -largest, largest);
        require_in_range("device_seconds", point.device_seconds, -largest, largest);
    }
}

/// Width of the values' range; 1 if all are equal, so that it can divide.
double spread_of(std::span<const CostPoint> points, double CostPoint::*field) {
    double low = points.front().*field, high = low;
    for (const auto& point : points) {
        low = std::min(low, point.*field);
        high = std::max(high, point.*field);
    }
    return high > low ? high - low : 1;
}

/// Ways onto the front: as cheap as its next point and as accurate as the one before; or as cheap
/// as its cheapest.
double distance(const CostPoint& point, const std::vector<CostPoint>& front,
                const CostPoint& spread) {
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t next = 0; next <= front.size(); ++next) {
        const double cheaper =
            next < front.size() ? point.device_seconds - front[next].device_seconds : 0;
        const double better = next > 0 ? front[next - 1].accuracy - point.accuracy : 0;
        nearest = std::min(nearest, std::hypot(std::max(cheaper, 0.0) / spread.device_seconds,
                                               std::max(better, 0.0) / spread.accuracy));
    }
    return nearest;
}

std::vector<CostPoint> cost_points(std::span<const ProfiledRetraining> estimates) {
    std::vector<CostPoint> points;
    for (const auto& entry : estimates) points.push_back({entry.accuracy, entry.device_seconds});
    return points;
}

/// Indices off the front, farthest first; equally far ones: the costlier first.
std::vector<std::size_t> worst_first(std::span<const CostPoint> points) {
    const auto distances = distances_to_front(points);
    const auto front = pareto_front(points);
    const std::set<std::size_t> on_front(front.begin(), front.end());
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < points.size(); ++i)
        if (!on_front.contains(i)) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        if (distances[a] != distances[b]) return distances[a] > distances[b];
        return points[a].device_seconds > points[b].device_seconds;
    });
    return order;
}

}  // namespace

std::vector<std::size_t> pareto_front(std::span<const CostPoint> points) {
    require_finite(points);
    std::vector<std::size_t> order(points.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        if (points[a].device_seconds != points[b].device_seconds)
            return points[a].device_seconds < points[b].device_seconds;
        return points[a].accuracy > points[b].accuracy;
    });
    std::vector<std::size_t> front;
    for (const auto index : order)
        if (front.empty() || points[index].accuracy > points[front.back()].accuracy)
            front.push_back(index);
    return front;
}

std::vector<double> distances_to_front(std::span<const CostPoint> points) {
    std::vector<CostPoint> front;
    for (const auto index : pareto_front(points)) front.push_back(points[index]);
    std::vector<double> distances;
    if (points.empty()) return distances;
    const CostPoint spread{spread_of(points, &CostPoint::accuracy),
                           spread_of(points, &CostPoint::device_seconds)};
    for (const auto& point : points) distances.push_back(distance(point, front, spread));
    return distances;
}

std::vector<std::size_t> prune(std::span<const ProfiledRetraining> estimates, int windows_profiled,
                               const PruneOptions& options) {
    require_in_range("windows_profiled", windows_profiled, 0, std::numeric_limits<int>::max());
    require_in_range("every_windows", options.every_windows, 1, std::numeric_limits<int>::max());
    require_in_range("drop_fraction", options.drop_fraction, 0, 1);
    const auto points = cost_points(estimates);
    const auto worst = worst_first(points);
    const bool due = windows_profiled > 0 && windows_profiled % options.every_windows == 0;
    std::size_t drop =
        due ? static_cast<std::size_t>(options.drop_fraction * static_cast<double>(points.size()))
            : 0;
    drop = std::min({drop, worst.size(), points.size() - std::min(points.size(), options.minimum)});
    const std::set<std::size_t> dropped(worst.begin(),
                                        worst.begin() + static_cast<std::ptrdiff_t>(drop));
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < points.size(); ++i)
        if (!dropped.contains(i)) kept.push_back(i);
    return kept;
}

}  // namespace ekya
