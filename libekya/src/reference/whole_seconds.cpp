#include "whole_seconds.hpp"

#include <cmath>

namespace ekya {

void whole_second_blocks(const std::vector<Seconds>& starts, int horizon,
                         std::vector<WholeSecondBlock>& blocks) {
    blocks.clear();
    if (starts.empty()) return;
    std::size_t step = 0;
    for (int now = 0; now <= horizon; now += blocks.back().length) {
        while (step + 1 < starts.size() && starts[step + 1] <= now) ++step;
        const bool last = step + 1 >= starts.size();
        const Seconds looked_at = last ? starts[step] : starts[step + 1];
        int length = 1;
        if (now < horizon && std::floor(looked_at) != now)
            length =
                last || looked_at >= horizon ? horizon - now : static_cast<int>(looked_at) - now;
        blocks.push_back({now, length, step});
    }
}

}  // namespace ekya
