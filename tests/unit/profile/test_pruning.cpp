#include <doctest/doctest.h>

#include "ekya/profile/pruning.hpp"

using namespace ekya;

namespace {

std::vector<RetrainingConfig> configs_of(std::initializer_list<int> epochs) {
    std::vector<RetrainingConfig> configs;
    for (const int e : epochs) {
        configs.emplace_back();
        configs.back().epochs = e;
    }
    return configs;
}

/// Dearer is better up to `best` epochs, and worse beyond it.
ProfileRecord estimate(int window, const std::vector<RetrainingConfig>& configs, int best) {
    ProfileRecord e;
    e.window = window;
    for (const auto& c : configs)
        e.retraining.push_back({c, c.epochs <= best ? 0.5 + 0.01 * c.epochs : 0.5 - 0.01 * c.epochs,
                                static_cast<double>(c.epochs)});
    return e;
}

}  // namespace

TEST_CASE(
    "not_pruned: one window drops nothing, the second a quarter, the farthest from the front "
    "first") {
    const auto configs = configs_of({1, 2, 3, 4, 5, 6, 7, 8});
    std::vector<ProfileRecord> earlier{estimate(4, configs, 4)};
    CHECK(not_pruned(configs, earlier) == configs);
    earlier.push_back(estimate(5, configs, 4));
    CHECK(not_pruned(configs, earlier) == configs_of({1, 2, 3, 4, 5, 6}));
    CHECK(not_pruned(configs, {}) == configs);
}

TEST_CASE("not_pruned: what was dropped stays dropped, and at least the minimum is left") {
    const auto configs = configs_of({1, 2, 3, 4, 5, 6, 7, 8});
    std::vector<ProfileRecord> earlier;
    for (int window = 0; window < 40; ++window) earlier.push_back(estimate(window, configs, 2));
    CHECK(not_pruned(configs, earlier) == configs_of({1, 2, 3, 4}));
}

TEST_CASE("not_pruned: windows without trials do not count, nor do configurations of other lists") {
    const auto configs = configs_of({1, 2, 3, 4, 5, 6, 7, 8});
    std::vector<ProfileRecord> earlier{estimate(4, configs, 4), estimate(5, {}, 4)};
    CHECK(not_pruned(configs, earlier) == configs);
    earlier = {estimate(4, configs_of({20, 21, 22, 23, 24, 25}), 22),
               estimate(5, configs_of({20, 21, 22, 23, 24, 25}), 22)};
    CHECK(not_pruned(configs, earlier) == configs);
}

TEST_CASE("not_pruned: a configuration that the budget left out is not dropped for that") {
    const auto configs = configs_of({1, 2, 3, 4, 5, 6, 7, 8});
    const std::vector<ProfileRecord> earlier{estimate(4, configs_of({1, 2, 3, 4}), 4),
                                             estimate(5, configs_of({1, 2, 3, 4}), 4)};
    CHECK(not_pruned(configs, earlier) == configs);
}

TEST_CASE("not_pruned: what was estimated without a trial decides nothing") {
    const auto configs = configs_of({1, 2, 3, 4, 5, 6, 7, 8});
    std::vector<ProfileRecord> earlier{estimate(4, configs, 4), estimate(5, configs, 4)};
    for (auto& entry : earlier[1].retraining) entry.tried = false;
    CHECK(not_pruned(configs, earlier) == configs);
}
