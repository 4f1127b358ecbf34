#include "completion_search.hpp"

#include <algorithm>

namespace ekya::bound {
namespace {

constexpr double rounding = 1e-9;

}  // namespace

Completion CompletionSearch::best(const std::vector<double>& before,
                                  const std::vector<double>& after, double device_seconds) {
    const TimeGrid& grid = market_.grid;
    best_ = {};
    used_.clear();
    cost_ = 0;
    missing_ = device_seconds * (1 - rounding);
    level_ = 0;
    for (int k = 0; k < grid.slots(); ++k) level_ += after[k] * grid.length(k);
    for (int k = 0; k < grid.slots(); ++k) {
        visit(k, before[k] - after[k]);
        level_ += (before[k] - after[k]) * grid.length(k);
    }
    return best_;
}

/// Completion in this slot, as early as possible and then later and later.
void CompletionSearch::visit(int slot, double change) {
    const double price = market_.prices[slot];
    double free = share_ * market_.grid.length(slot), own = 0;
    start_ = market_.grid.edges[slot];
    change_ = change;
    Seconds time = start_;
    if (missing_ > 0) {
        own = std::min(free, missing_);
        cost_ += own * price;
        missing_ -= own;
        free -= own;
        time += own / share_;
    }
    while (missing_ <= 0 && free > 0 && !used_.empty() && used_.front().first > price) {
        auto& dearest = used_.front();
        const double amount = std::min(free, dearest.second);
        const double cheaper = cost_ - amount * (dearest.first - price);
        consider(time, cost_, time + amount / share_, cheaper);
        time += amount / share_;
        cost_ = cheaper;
        own += amount;
        free -= amount;
        dearest.second -= amount;
        if (dearest.second > 0) break;
        std::pop_heap(used_.begin(), used_.end());
        used_.pop_back();
    }
    if (missing_ <= 0) consider(time, cost_, market_.grid.edges[slot + 1], cost_);
    if (own <= 0) return;
    used_.emplace_back(price, own);
    std::push_heap(used_.begin(), used_.end());
}

/// Completion within a stretch over which the cost changes evenly: best at one of its ends.
void CompletionSearch::consider(Seconds from, double cost_from, Seconds to, double cost_to) {
    const auto at = [&](Seconds time) {
        const double part = to > from ? std::clamp((time - from) / (to - from), 0.0, 1.0) : 0;
        const double net =
            level_ + change_ * (time - start_) - (cost_from + part * (cost_to - cost_from));
        if (net > best_.net) best_ = {net, time};
    };
    at(from);
    at(to);
}

}  // namespace ekya::bound
