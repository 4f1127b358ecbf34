#include "policy/knapsack.hpp"

#include <algorithm>
#include <cmath>

#include "ekya/core/plan.hpp"

namespace ekya {
namespace {

constexpr int cells = 500;

/// The best choice so far among those whose shares add up to about the same.
struct State {
    double share = 0, worth = 0;
    std::size_t level = 0;  ///< of the last job
    int before = -1;        ///< cell of the state that it goes on from; -1 = there is none
};

bool better(const State& a, const State& b) {
    return a.worth != b.worth ? a.worth > b.worth : a.share < b.share;
}

}  // namespace

std::vector<std::size_t> choose_levels(const std::vector<std::vector<KnapsackLevel>>& jobs,
                                       double capacity) {
    double least = 0;
    for (const auto& levels : jobs) least += levels.front().share;
    const double free = capacity - least;
    const auto cell_of = [&](double share) {
        return free > 0 ? std::min(static_cast<int>(share / free * cells), cells) : 0;
    };
    std::vector<std::vector<State>> states(jobs.size() + 1, std::vector<State>(cells + 1));
    std::vector<char> reached(cells + 1, 0), next(cells + 1);
    reached[0] = 1;
    for (std::size_t j = 0; j < jobs.size(); ++j) {
        std::fill(next.begin(), next.end(), 0);
        for (int cell = 0; cell <= cells; ++cell) {
            if (!reached[cell]) continue;
            const State& from = states[j][cell];
            for (std::size_t i = 0; i < jobs[j].size(); ++i) {
                const State to{from.share + jobs[j][i].share - jobs[j].front().share,
                               from.worth + jobs[j][i].worth, i, cell};
                if (i > 0 && to.share > free + plan_tolerance) break;
                const int at = cell_of(to.share);
                if (next[at] && !better(to, states[j + 1][at])) continue;
                next[at] = 1;
                states[j + 1][at] = to;
            }
        }
        reached.swap(next);
    }
    int cell = -1;
    for (int c = 0; c <= cells; ++c)
        if (reached[c] && (cell < 0 || better(states.back()[c], states.back()[cell]))) cell = c;
    std::vector<std::size_t> chosen(jobs.size());
    for (std::size_t j = jobs.size(); j-- > 0;) {
        chosen[j] = states[j + 1][cell].level;
        cell = states[j + 1][cell].before;
    }
    return chosen;
}

}  // namespace ekya
