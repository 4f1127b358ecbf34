#include "ekya/profile/pooled_inputs.hpp"

#include <algorithm>
#include <map>

#include "ekya/profile/estimate_pool.hpp"

namespace ekya {
namespace {

/// Two streams with two options each are the least that can be drawn together: with fewer, what is
/// a stream's gain, what a configuration's strength and what noise cannot be told apart.
bool can_be_pooled(const std::vector<PlanningInput>& window) {
    return std::count_if(window.begin(), window.end(),
                         [](const auto& input) { return input.retraining.size() >= 2; }) >= 2;
}

}  // namespace

std::vector<PlanningInput> pooled_inputs(std::span<const std::vector<PlanningInput>> windows) {
    if (!can_be_pooled(windows.back())) return windows.back();
    EstimatePool pool;
    const std::size_t counted = std::min<std::size_t>(windows.size(), pooled_windows + 1);
    const std::size_t first = windows.size() - counted;
    for (std::size_t i = first; i + 1 < windows.size(); ++i) (void)pool.refine(windows[i]);
    return pool.refine(windows.back());
}

std::vector<PlanningInput> pooled_inputs(std::span<const ProfileRecord> records, int window) {
    std::map<int, std::vector<PlanningInput>> by_window;
    by_window[window] = {};
    for (const auto& record : records)
        if (record.window <= window) by_window[record.window].push_back(planning_input(record));
    std::vector<std::vector<PlanningInput>> windows;
    for (auto& [number, inputs] : by_window) windows.push_back(std::move(inputs));
    return pooled_inputs(windows);
}

}  // namespace ekya
