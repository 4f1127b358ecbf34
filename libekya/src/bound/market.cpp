#include "market.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace ekya::bound {

TimeGrid make_grid(const ScheduleProblem& problem, int slots) {
    TimeGrid grid;
    grid.whole_seconds = problem.whole_seconds;
    const Seconds end = problem.scored_seconds();
    if (problem.whole_seconds && end < slots) slots = static_cast<int>(end);
    for (int k = 0; k < slots; ++k) {
        const Seconds edge = end * k / slots;
        grid.edges.push_back(problem.whole_seconds ? std::round(edge) : edge);
    }
    grid.edges.push_back(end);
    return grid;
}

Market::Market(const TimeGrid& of, std::vector<double> each)
    : grid(of), prices(std::move(each)), cheapest(prices.size()) {
    std::iota(cheapest.begin(), cheapest.end(), 0);
    std::stable_sort(cheapest.begin(), cheapest.end(),
                     [this](int a, int b) { return prices[a] < prices[b]; });
}

}  // namespace ekya::bound
