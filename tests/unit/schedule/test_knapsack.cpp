#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "policy/knapsack.hpp"

using namespace ekya;

namespace {

double share_of(const std::vector<std::vector<KnapsackLevel>>& jobs,
                const std::vector<std::size_t>& chosen) {
    double sum = 0;
    for (std::size_t j = 0; j < jobs.size(); ++j) sum += jobs[j][chosen[j]].share;
    return sum;
}

double worth_of(const std::vector<std::vector<KnapsackLevel>>& jobs,
                const std::vector<std::size_t>& chosen) {
    double sum = 0;
    for (std::size_t j = 0; j < jobs.size(); ++j) sum += jobs[j][chosen[j]].worth;
    return sum;
}

/// The highest worth of all choices that fit.
double brute_force(const std::vector<std::vector<KnapsackLevel>>& jobs, double capacity) {
    double best = -1;
    std::vector<std::size_t> chosen(jobs.size(), 0);
    const std::function<void(std::size_t)> choose = [&](std::size_t j) {
        if (j == jobs.size()) {
            if (share_of(jobs, chosen) <= capacity + 1e-9)
                best = std::max(best, worth_of(jobs, chosen));
            return;
        }
        for (chosen[j] = 0; chosen[j] < jobs[j].size(); ++chosen[j]) choose(j + 1);
    };
    choose(0);
    return best;
}

}  // namespace

TEST_CASE("choose_levels: shares that add up to the capacity fit, a third of it three times too") {
    const std::vector<KnapsackLevel> levels{{0, 0}, {1.0 / 3, 1}, {0.5, 1.4}};
    const std::vector<std::vector<KnapsackLevel>> jobs(3, levels);
    CHECK(choose_levels(jobs, 1) == std::vector<std::size_t>{1, 1, 1});
    CHECK(choose_levels(jobs, 0.99) != std::vector<std::size_t>{1, 1, 1});
    CHECK(choose_levels({}, 1).empty());
}

TEST_CASE("choose_levels: the first levels where not even these fit") {
    const std::vector<std::vector<KnapsackLevel>> jobs(2, {{0.4, 0}, {0.5, 1}});
    CHECK(choose_levels(jobs, 0.7) == std::vector<std::size_t>{0, 0});
    CHECK(choose_levels(jobs, 0.9) != std::vector<std::size_t>{0, 0});
}

TEST_CASE("choose_levels: what brute force finds, on 500 random problems") {
    std::mt19937 random(5);
    std::uniform_real_distribution<double> uniform(0, 1);
    int optimal = 0;
    for (int round = 0; round < 500; ++round) {
        CAPTURE(round);
        std::vector<std::vector<KnapsackLevel>> jobs(2 + random() % 4);
        for (auto& levels : jobs) {
            levels.push_back({round % 3 == 0 ? 0.1 * uniform(random) : 0, 0.1 * uniform(random)});
            for (int i = 0; i < 4; ++i)
                levels.push_back({levels.back().share + 0.3 * uniform(random),
                                  levels.back().worth + uniform(random)});
        }
        const double capacity = 0.5 + uniform(random), best = brute_force(jobs, capacity);
        const auto chosen = choose_levels(jobs, capacity);
        if (best < 0) continue;
        CHECK(share_of(jobs, chosen) <= capacity + 1e-8);
        CHECK(worth_of(jobs, chosen) >= 0.98 * best);
        optimal += worth_of(jobs, chosen) >= best - 1e-12 ? 1 : 0;
    }
    CHECK(optimal >= 490);
}
