#include "stream_pricing.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace ekya::bound {
namespace {

using Point = InferenceCurve::Point;

double slope(const Point& a, const Point& b) {
    return (b.relative_accuracy - a.relative_accuracy) / (b.share - a.share);
}

/// The curve with the configurations only that one job can keep up with; as it is if that leaves
/// none.
InferenceCurve affordable_steps(const PlanningInput& stream, double share) {
    auto configs = stream.inference;
    std::erase_if(configs,
                  [share](const auto& config) { return config.share > share * (1 + 1e-9) + 1e-9; });
    return InferenceCurve::steps(configs.empty() ? stream.inference : configs);
}

/// The hull up to this share.
std::vector<Point> cut(std::vector<Point> hull, double share) {
    while (hull.size() >= 2 && hull[hull.size() - 2].share >= share) hull.pop_back();
    if (hull.size() < 2 || hull.back().share <= share) return hull;
    const Point& before = hull[hull.size() - 2];
    const double relative =
        before.relative_accuracy + slope(before, hull.back()) * (share - before.share);
    hull.back() = {share, relative};
    return hull;
}

}  // namespace

StreamPricing::StreamPricing(const ScheduleProblem& problem, const PlanningInput& stream)
    : accuracy_(stream.accuracy), share_(std::min(problem.max_job_share, problem.gpus)) {
    const auto curve = problem.curve ? *problem.curve : affordable_steps(stream, share_);
    hull_ = cut(curve.upper_hull(), share_);
    if (share_ > 0)
        for (const auto& entry : stream.retraining)
            candidates_.push_back({entry.accuracy, entry.device_seconds});
    std::sort(candidates_.begin(), candidates_.end(), [](const auto& a, const auto& b) {
        return a.device_seconds != b.device_seconds ? a.device_seconds < b.device_seconds
                                                    : a.accuracy > b.accuracy;
    });
    const double most = share_ * problem.horizon * (1 + 1e-9);
    std::erase_if(candidates_,
                  [most](const Candidate& candidate) { return candidate.device_seconds > most; });
    // One that costs more and gives no more than another, or than no retraining, is never better at
    // any prices.
    double reached = accuracy_;
    std::erase_if(candidates_, [&](const Candidate& candidate) {
        if (candidate.accuracy <= reached) return true;
        reached = candidate.accuracy;
        return false;
    });
}

/// The point of the hull that earns most at this price: the last one still worth the step up to it.
const Point& StreamPricing::use_of(double accuracy, double price) const {
    std::size_t low = 0, high = hull_.size() - 1;
    while (low < high) {
        const std::size_t middle = (low + high + 1) / 2;
        if (accuracy * slope(hull_[middle - 1], hull_[middle]) > price)
            low = middle;
        else
            high = middle - 1;
    }
    return hull_[low];
}

std::vector<double> StreamPricing::earnings(const Market& market, double accuracy) const {
    std::vector<double> result;
    result.reserve(market.prices.size());
    for (const double price : market.prices) {
        const Point& point = use_of(accuracy, price);
        result.push_back(accuracy * point.relative_accuracy - price * point.share);
    }
    return result;
}

StreamPricing::Choice StreamPricing::best(const Market& market) const {
    const auto before = earnings(market, accuracy_);
    Choice choice;
    for (int k = 0; k < market.grid.slots(); ++k) choice.net += before[k] * market.grid.length(k);
    const Candidate* chosen = nullptr;
    Seconds completion = market.grid.end();
    CompletionSearch search(market, share_);
    for (const auto& candidate : candidates_) {
        const auto found =
            search.best(before, earnings(market, candidate.accuracy), candidate.device_seconds);
        if (found.net <= choice.net) continue;
        choice.net = found.net;
        chosen = &candidate;
        completion = found.time;
    }
    choice.column = column(market, chosen, completion);
    for (const double use : choice.column.use) choice.device_seconds += use;
    return choice;
}

Column StreamPricing::column(const Market& market, const Candidate* candidate,
                             Seconds completion) const {
    const TimeGrid& grid = market.grid;
    Column result{0, std::vector<double>(grid.slots(), 0.0)};
    const auto serve = [&](int slot, double accuracy, Seconds seconds) {
        const Point& point = use_of(accuracy, market.prices[slot]);
        result.value += accuracy * point.relative_accuracy * seconds;
        result.use[slot] += point.share * seconds;
    };
    for (int k = 0; k < grid.slots(); ++k) {
        // Without a retraining the last slot may end a rounding error behind `completion`.
        const Seconds old_model = candidate
                                      ? std::clamp(completion - grid.edges[k], 0.0, grid.length(k))
                                      : grid.length(k);
        if (old_model > 0) serve(k, accuracy_, old_model);
        if (old_model < grid.length(k)) serve(k, candidate->accuracy, grid.length(k) - old_model);
    }
    double missing = candidate ? candidate->device_seconds : 0;
    for (const int k : market.cheapest) {
        const double amount =
            std::min(missing, share_ * std::clamp(completion - grid.edges[k], 0.0, grid.length(k)));
        result.use[k] += amount;
        missing -= amount;
    }
    return result;
}

double StreamPricing::prohibitive_price(Seconds window) const {
    const double first_slope = hull_.size() < 2 ? 0 : slope(hull_[0], hull_[1]);
    double price = accuracy_ * first_slope;
    for (const auto& candidate : candidates_)
        price = std::max({price, candidate.accuracy * first_slope,
                          (candidate.accuracy - accuracy_) * hull_.back().relative_accuracy *
                              window / std::max(candidate.device_seconds, 1e-6 * window)});
    return price * (1 + 1e-6);
}

}  // namespace ekya::bound
