#include "market.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace ekya::bound {

TimeGrid make_grid(Seconds horizon, int slots) {
    TimeGrid grid;
    for (int k = 0; k < slots; ++k) grid.edges.push_back(horizon * k / slots);
    grid.edges.push_back(horizon);
    return grid;
}

Market::Market(const TimeGrid& of, std::vector<double> each)
    : grid(of), prices(std::move(each)), cheapest(prices.size()) {
    std::iota(cheapest.begin(), cheapest.end(), 0);
    std::stable_sort(cheapest.begin(), cheapest.end(),
                     [this](int a, int b) { return prices[a] < prices[b]; });
}

}  // namespace ekya::bound
