#include "ekya/profile/learning_curve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

using Points = std::span<const CurvePoint>;

constexpr double smallest_line = 1e-9;  // keeps 1 / (b0 e + b1) finite
constexpr double pull = 0.003;  // weight of the expected b2; larger ones bias noise-free points

struct Line {
    double slope = 0, offset = 1;
    [[nodiscard]] double at(double x) const { return std::max(slope * x + offset, smallest_line); }
};

/// Weighted sums of a straight-line fit.
struct LineSums {
    double w = 0, x = 0, y = 0, xx = 0, xy = 0;

    void add(double weight, double px, double py) {
        w += weight;
        x += weight * px;
        y += weight * py;
        xx += weight * px * px;
        xy += weight * px * py;
    }

    /// Least squares with both coefficients >= 0: if the free solution violates that, one of them
    /// is 0.
    [[nodiscard]] Line fit() const {
        const double spread = w * xx - x * x;
        if (spread > 1e-12 * w * xx) {
            const Line free{(w * xy - x * y) / spread, (xx * y - x * xy) / spread};
            if (free.slope >= 0 && free.offset >= 0) return free;
            if (free.slope >= 0) return {xy / xx, 0};
        }
        return {0, std::max(y / w, smallest_line)};
    }
};

double model(const Line& line, double b2, double epochs) { return 1 - (1 / line.at(epochs) + b2); }

double squared_error(Points points, const Line& line, double b2) {
    double sum = 0;
    for (const auto& p : points) {
        const double error = model(line, b2, p.epochs) - p.accuracy;
        sum += p.weight * error * error;
    }
    return sum;
}

/// Start: y = 1 / (1 - accuracy - b2) is linear in epochs; an error in accuracy counts y^2 there,
/// so weights are y^-4.
Line transformed_fit(Points points, double b2) {
    LineSums sums;
    for (const auto& p : points) {
        const double y = 1 / std::max(1 - p.accuracy - b2,
                                      1e-3);  // a point above the limit 1 - b2 hardly counts
        sums.add(p.weight / (y * y * y * y), p.epochs, y);
    }
    return sums.fit();
}

/// Gauss-Newton step of the squared error in accuracy, around `line`.
Line improved(Points points, const Line& line, double b2) {
    LineSums sums;
    for (const auto& p : points) {
        const double y = line.at(p.epochs), error = p.accuracy - model(line, b2, p.epochs);
        sums.add(p.weight / (y * y * y * y), p.epochs, y + y * y * error);
    }
    return sums.fit();
}

struct Candidate {
    Line line;
    double b2 = 0;
    double objective = std::numeric_limits<double>::infinity();
};

/// A fit in progress: the points, and what is expected of b2.
class Fit {
public:
    explicit Fit(Points points) : points_(points) {
        double best = 0;
        for (const auto& p : points) {
            weight_ += p.weight;
            if (p.weight > 0) best = std::max(best, p.accuracy);
        }
        if (!(weight_ > 0)) throw DomainError("weight: of all points is 0");
        expected_b2_ = (1 - best) / 2;
    }

    [[nodiscard]] LearningCurve run() const {
        constexpr int steps = 40;
        int best = 0;
        double lowest = std::numeric_limits<double>::infinity();
        for (int i = 0; i < steps; ++i) {
            const double objective = at(i / double{steps}).objective;
            if (objective < lowest) best = i, lowest = objective;
        }
        const auto found =
            refine(std::max(best - 1, 0) / double{steps}, (best + 1) / double{steps});
        return {found.line.slope, found.line.offset, found.b2,
                std::sqrt(squared_error(points_, found.line, found.b2) / weight_)};
    }

private:
    [[nodiscard]] Candidate at(double b2) const {
        Line line = transformed_fit(points_, b2);
        double error = squared_error(points_, line, b2);
        for (int i = 0; i < 20; ++i) {
            const Line next = improved(points_, line, b2);
            const double next_error = squared_error(points_, next, b2);
            if (!(next_error < error)) break;
            line = next;
            error = next_error;
        }
        const double off = b2 - expected_b2_;
        return {line, b2, error + pull * off * off};
    }

    /// Golden section between two grid points.
    [[nodiscard]] Candidate refine(double low, double high) const {
        constexpr double golden = 0.6180339887498949;
        Candidate left = at(high - golden * (high - low)), right = at(low + golden * (high - low));
        for (int i = 0; i < 40; ++i) {
            if (left.objective <= right.objective) {
                high = right.b2;
                right = left;
                left = at(high - golden * (high - low));
            } else {
                low = left.b2;
                left = right;
                right = at(low + golden * (high - low));
            }
        }
        return left.objective <= right.objective ? left : right;
    }

    Points points_;
    double weight_ = 0, expected_b2_ = 0;
};

}  // namespace

double LearningCurve::accuracy(double epochs) const {
    return std::clamp(model({b0, b1}, b2, epochs), 0.0, 1.0);
}

LearningCurve fit_learning_curve(Points points) {
    if (points.empty()) throw DomainError("points: at least one is needed");
    for (const auto& p : points) {
        require_in_range("epochs", p.epochs, 0, 1e9);
        require_in_range("accuracy", p.accuracy, 0, 1);
        require_in_range("weight", p.weight, 0, 1e9);
    }
    return Fit(points).run();
}

}  // namespace ekya
