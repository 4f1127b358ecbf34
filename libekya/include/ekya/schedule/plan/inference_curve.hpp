#pragma once
#include <vector>

#include "ekya/core/planning_input.hpp"

namespace ekya {

/// How accurate inference is for the share it gets: relative to analysing every frame at full
/// resolution, never falling as the share grows. Two kinds: in steps, from a list of inference
/// configurations of which the best one that keeps up is used; and interpolated, from a table of
/// frame strides that can also be reached in between.
class InferenceCurve {
public:
    struct Point {
        double share = 0;              ///< of one device; >= 0
        double relative_accuracy = 0;  ///< in [0, 1]
    };
    /// One row of a table of frame sampling.
    struct Knot {
        double stride = 1;  ///< every stride-th frame is analysed; > 0, need not be whole
        double relative_accuracy = 1;  ///< in [0, 1]
    };

    /// The best of the configurations that `share` sustains (1e-9 less will do, for rounding).
    /// Below the cheapest one inference falls behind and skips frames: accuracy falls in proportion
    /// to the share.
    /// @throws DomainError if there is no configuration
    [[nodiscard]] static InferenceCurve steps(const std::vector<InferenceEstimate>& configs);

    /// A share I analyses every x-th frame, x = full_share / (I + 1e-6); linear in x between knots,
    /// the first knot's accuracy below them, 0 above.
    /// @param knots at least one, in ascending order of stride, accuracies never rising
    /// @param full_share share that analyses every frame; > 0
    /// @throws DomainError naming the knot
    /// Source: the simulator published with the paper, scale() of its inference jobs.
    [[nodiscard]] static InferenceCurve interpolated(std::vector<Knot> knots, double full_share);

    /// @param share >= 0
    [[nodiscard]] double relative_accuracy(double share) const;

    /// The smallest share that gives at least this accuracy; infinity if none does.
    [[nodiscard]] double share_for(double relative_accuracy) const;

    /// Points of the curve on its concave hull, from share 0 on: where a share is used best. The
    /// slope falls from each stretch to the next; the last point is the smallest share that gives
    /// all there is. Between two points of an interpolated curve there may be more hull, at most
    /// `resolution` above the straight line.
    [[nodiscard]] const std::vector<Point>& hull() const { return hull_; }

    /// The shares at which a curve in steps rises, and what it gives there, ascending; empty for an
    /// interpolated curve.
    [[nodiscard]] std::vector<Point> levels() const;

    /// A concave line of straight stretches that is nowhere below the curve (for upper bounds);
    /// same ends as hull().
    [[nodiscard]] std::vector<Point> upper_hull() const;

    /// The stride analysed with this share; the knots' or steps' own.
    [[nodiscard]] InferenceConfig config(double share) const;

private:
    struct Step {
        double share = 0;  ///< from here on
        double relative_accuracy = 0;
        InferenceConfig config;
    };
    InferenceCurve() = default;
    void make_hull();
    [[nodiscard]] double interpolate(double share) const;
    [[nodiscard]] double share_at(double stride) const;

    std::vector<Step>
        steps_;  ///< ascending, every one better than the one before; empty if interpolated
    std::vector<Knot> knots_;
    double full_share_ = 0;
    std::vector<Point> hull_;
};

}  // namespace ekya
