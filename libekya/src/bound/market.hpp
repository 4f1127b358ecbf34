#pragma once
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya::bound {

/// The window in stretches (slots) of one price each.
struct TimeGrid {
    std::vector<Seconds> edges;  ///< ascending, from 0 to the end of the window

    [[nodiscard]] int slots() const { return static_cast<int>(edges.size()) - 1; }
    [[nodiscard]] Seconds length(int slot) const { return edges[slot + 1] - edges[slot]; }
    [[nodiscard]] Seconds end() const { return edges.back(); }
};

/// Slots of equal length.
[[nodiscard]] TimeGrid make_grid(Seconds horizon, int slots);

/// What device-seconds cost, slot by slot.
struct Market {
    Market(const TimeGrid& of, std::vector<double> each);

    const TimeGrid& grid;
    std::vector<double> prices;
    std::vector<int> cheapest;  ///< slots by ascending price
};

}  // namespace ekya::bound
