#include "ekya/schedule/plan/inference_curve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/plan.hpp"

namespace ekya {
namespace {

constexpr double stride_offset = 1e-6;  // the published simulator's guard against division by zero
constexpr int samples_per_knot = 8;

using Point = InferenceCurve::Point;

double slope(const Point& a, const Point& b) {
    return (b.relative_accuracy - a.relative_accuracy) / (b.share - a.share);
}

/// Upper hull of points in ascending order of share.
std::vector<Point> concave(const std::vector<Point>& points) {
    std::vector<Point> hull;
    for (const auto& point : points) {
        if (!hull.empty() && point.share <= hull.back().share) {
            if (point.relative_accuracy <= hull.back().relative_accuracy) continue;
            hull.pop_back();
        }
        while (hull.size() >= 2 &&
               slope(hull[hull.size() - 2], hull.back()) <= slope(hull.back(), point))
            hull.pop_back();
        hull.push_back(point);
    }
    // What comes after the maximum costs and brings nothing.
    while (hull.size() >= 2 &&
           hull.back().relative_accuracy <= hull[hull.size() - 2].relative_accuracy)
        hull.pop_back();
    return hull;
}

}  // namespace

InferenceCurve InferenceCurve::steps(const std::vector<InferenceEstimate>& configs) {
    if (configs.empty()) throw DomainError("inference: is empty");
    std::vector<InferenceEstimate> sorted = configs;
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
        return a.share != b.share ? a.share < b.share : a.relative_accuracy > b.relative_accuracy;
    });
    InferenceCurve curve;
    for (const auto& entry : sorted)
        if (curve.steps_.empty() || entry.relative_accuracy > curve.steps_.back().relative_accuracy)
            curve.steps_.push_back({entry.share, entry.relative_accuracy, entry.config});
    curve.make_hull();
    return curve;
}

InferenceCurve InferenceCurve::interpolated(std::vector<Knot> knots, double full_share) {
    if (knots.empty()) throw DomainError("inference profile: is empty");
    require_in_range("full_share", full_share, std::numeric_limits<double>::min(), 1e6);
    for (std::size_t i = 0; i < knots.size(); ++i) {
        const std::string place = "inference profile: row " + std::to_string(i + 1) + ": ";
        with_context("inference profile: row " + std::to_string(i + 1), [&] {
            require_in_range("stride", knots[i].stride, std::numeric_limits<double>::min(), 1e6);
            require_in_range("relative accuracy", knots[i].relative_accuracy, 0, 1);
        });
        if (i > 0 && knots[i].stride <= knots[i - 1].stride)
            throw DomainError(place + "the stride does not rise");
        if (i > 0 && knots[i].relative_accuracy > knots[i - 1].relative_accuracy)
            throw DomainError(place + "the relative accuracy rises with the stride");
    }
    InferenceCurve curve;
    curve.knots_ = std::move(knots);
    curve.full_share_ = full_share;
    curve.make_hull();
    return curve;
}

double InferenceCurve::interpolate(double share) const {
    const double stride = full_share_ / (share + stride_offset);
    if (stride < knots_.front().stride) return knots_.front().relative_accuracy;
    if (stride > knots_.back().stride) return 0;
    const auto above = std::upper_bound(knots_.begin(), knots_.end(), stride,
                                        [](double x, const Knot& knot) { return x < knot.stride; });
    if (above == knots_.end()) return knots_.back().relative_accuracy;
    const Knot &a = *std::prev(above), &b = *above;
    const double fall = (b.relative_accuracy - a.relative_accuracy) / (b.stride - a.stride);
    return fall * (stride - a.stride) + a.relative_accuracy;
}

double InferenceCurve::share_at(double stride) const {
    return std::max(full_share_ / stride - stride_offset, 0.0);
}

double InferenceCurve::relative_accuracy(double share) const {
    if (steps_.empty()) return interpolate(share);
    const auto above = std::upper_bound(steps_.begin(), steps_.end(), share + plan_tolerance,
                                        [](double x, const Step& step) { return x < step.share; });
    if (above != steps_.begin()) return std::prev(above)->relative_accuracy;
    return steps_.front().relative_accuracy * share / steps_.front().share;
}

double InferenceCurve::share_for(double relative) const {
    constexpr double never = std::numeric_limits<double>::infinity();
    if (relative <= 0) return 0;
    if (!steps_.empty()) {
        for (const auto& step : steps_)
            if (step.relative_accuracy >= relative) {
                if (&step != &steps_.front()) return step.share;
                return step.relative_accuracy > 0 ? step.share * relative / step.relative_accuracy
                                                  : step.share;
            }
        return never;
    }
    if (relative > knots_.front().relative_accuracy) return never;
    for (std::size_t i = knots_.size(); i-- > 0;) {
        if (knots_[i].relative_accuracy < relative) continue;
        if (i + 1 == knots_.size()) return share_at(knots_[i].stride);
        const Knot &a = knots_[i], &b = knots_[i + 1];
        const double part =
            (a.relative_accuracy - relative) / (a.relative_accuracy - b.relative_accuracy);
        return share_at(a.stride + part * (b.stride - a.stride));
    }
    return never;
}

void InferenceCurve::make_hull() {
    std::vector<Point> points;
    if (!steps_.empty()) {
        if (steps_.front().share > 0) points.push_back({0, 0});
        for (const auto& step : steps_) points.push_back({step.share, step.relative_accuracy});
    } else {
        points.push_back({0, 0});
        for (std::size_t i = knots_.size(); i-- > 0;) {
            const double share = share_at(knots_[i].stride);
            points.push_back({share, knots_[i].relative_accuracy});
            if (i == 0) break;
            const double next = share_at(knots_[i - 1].stride);
            for (int s = 1; s < samples_per_knot; ++s) {
                const double between = share + (next - share) * s / samples_per_knot;
                points.push_back({between, interpolate(between)});
            }
        }
    }
    hull_ = concave(points);
}

std::vector<InferenceCurve::Point> InferenceCurve::levels() const {
    std::vector<Point> points;
    for (const auto& step : steps_) points.push_back({step.share, step.relative_accuracy});
    return points;
}

std::vector<InferenceCurve::Point> InferenceCurve::upper_hull() const {
    if (!steps_.empty()) return hull_;
    // Between knots the curve is p - q / (I + offset) and concave: tangents at the samples lie
    // above it.
    std::vector<Point> points{{0, 0}};
    for (std::size_t i = knots_.size(); i-- > 0;) {
        const double from = share_at(knots_[i].stride);
        points.push_back({from, knots_[i].relative_accuracy});
        if (i == 0) break;
        const double to = share_at(knots_[i - 1].stride);
        const double rise = (knots_[i - 1].relative_accuracy - knots_[i].relative_accuracy) /
                            (knots_[i].stride - knots_[i - 1].stride) * full_share_;
        constexpr int pieces = 8 * samples_per_knot;
        for (int s = 0; s < pieces; ++s) {
            const double a = from + (to - from) * s / pieces,
                         b = from + (to - from) * (s + 1) / pieces;
            const double steep = rise / ((a + stride_offset) * (a + stride_offset));
            const double flat = rise / ((b + stride_offset) * (b + stride_offset));
            const double high_a = interpolate(a), high_b = interpolate(b);
            if (steep > flat) {
                const double cross =
                    std::clamp((high_b - high_a + steep * a - flat * b) / (steep - flat), a, b);
                points.push_back({cross, high_a + steep * (cross - a)});
            }
            points.push_back({b, high_b});
        }
    }
    return concave(points);
}

InferenceConfig InferenceCurve::config(double share) const {
    if (!steps_.empty()) {
        const auto above =
            std::upper_bound(steps_.begin(), steps_.end(), share + plan_tolerance,
                             [](double x, const Step& step) { return x < step.share; });
        return above == steps_.begin() ? steps_.front().config : std::prev(above)->config;
    }
    const double stride = full_share_ / (share + stride_offset);
    return {static_cast<int>(std::clamp(std::ceil(stride - plan_tolerance), 1.0,
                                        std::ceil(knots_.back().stride))),
            0};
}

}  // namespace ekya
