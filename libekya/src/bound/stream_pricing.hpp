#pragma once
#include <vector>

#include "completion_search.hpp"
#include "ekya/schedule/plan/inference_curve.hpp"
#include "ekya/schedule/plan/problem.hpp"
#include "market.hpp"

namespace ekya::bound {

/// One stream's schedule over the window, as the master LP sees it.
struct Column {
    double value = 0;         ///< accuracy, integrated over the window
    std::vector<double> use;  ///< device-seconds, slot by slot
};

/// What one stream would do if device-seconds had prices.
class StreamPricing {
public:
    StreamPricing(const ScheduleProblem& problem, const PlanningInput& stream);

    /// The best schedule at these prices.
    struct Choice {
        double net = 0;  ///< value less price; no schedule has more
        double device_seconds = 0;
        Column column;
    };
    [[nodiscard]] Choice best(const Market& market) const;

    /// At this price per device-second and above nothing is worth buying.
    [[nodiscard]] double prohibitive_price(Seconds window) const;

private:
    struct Candidate {
        double accuracy = 0;
        double device_seconds = 0;
    };
    [[nodiscard]] const InferenceCurve::Point& use_of(double accuracy, double price) const;
    [[nodiscard]] std::vector<double> earnings(const Market& market, double accuracy) const;
    [[nodiscard]] Column column(const Market& market, const Candidate* candidate,
                                Seconds completion) const;

    double accuracy_;  ///< of the deployed model
    double share_;     ///< most that one job can use
    std::vector<InferenceCurve::Point> hull_;
    std::vector<Candidate> candidates_;  ///< retrainings that can pay, the cheapest first
};

}  // namespace ekya::bound
