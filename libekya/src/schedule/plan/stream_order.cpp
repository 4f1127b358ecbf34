#include "plan/stream_order.hpp"

#include <algorithm>
#include <numeric>

namespace ekya {

std::vector<std::size_t> streams_by_name(const ScheduleProblem& problem) {
    std::vector<std::size_t> order(problem.streams.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return problem.streams[a].stream < problem.streams[b].stream;
    });
    return order;
}

}  // namespace ekya
