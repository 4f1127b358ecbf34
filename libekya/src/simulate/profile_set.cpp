#include "ekya/simulate/profile_set.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

using ByWindow = std::map<int, std::map<std::string, PlanningInput>>;

std::string place_of(const PlanningInput& estimate) {
    return "stream " + estimate.stream + ", window " + std::to_string(estimate.window);
}

ByWindow by_window(std::vector<PlanningInput> estimates, const std::string& kind) {
    ByWindow windows;
    for (auto& estimate : estimates) {
        const std::string place = place_of(estimate);
        if (!windows[estimate.window].emplace(estimate.stream, std::move(estimate)).second)
            throw InputError(kind + ": " + place + ": is listed twice");
    }
    return windows;
}

const PlanningInput& truth_of(const PlanningInput& predicted, const ByWindow& truth) {
    const auto window = truth.find(predicted.window);
    if (window != truth.end())
        if (const auto found = window->second.find(predicted.stream); found != window->second.end())
            return found->second;
    throw InputError("truth: " + place_of(predicted) + ": is missing");
}

void require_same_configurations(const PlanningInput& predicted, const PlanningInput& truth) {
    for (const auto& entry : predicted.retraining)
        if (!find_retraining(truth, entry.config, entry.name))
            throw InputError("truth: " + place_of(predicted) + ": retraining configuration " +
                             entry.id() + " is missing");
    for (const auto& model : predicted.cached)
        if (!find_cached(truth, model.id))
            throw InputError("truth: " + place_of(predicted) + ": cached model " + model.id +
                             " is missing");
}

/// Whether the truth of some window knows no earlier models, while the prediction lists some. If
/// plans could serve them in the other windows only, policies would be favoured or harmed by
/// chance.
bool lacks_cached(const std::vector<PlanningInput>& predicted, const ByWindow& truth) {
    return std::any_of(predicted.begin(), predicted.end(), [&](const auto& input) {
        return !input.cached.empty() && truth_of(input, truth).cached.empty();
    });
}

}  // namespace

ProfileSet first_streams(const ProfileSet& set, std::size_t streams) {
    if (streams == 0) return set;
    if (set.cameras.size() < streams)
        throw DomainError("streams: the profiles have " + std::to_string(set.cameras.size()) +
                          " cameras, " + std::to_string(streams) + " are needed");
    ProfileSet first{
        {set.cameras.begin(), set.cameras.begin() + static_cast<std::ptrdiff_t>(streams)},
        {},
        set.curve};
    const std::set<std::string> wanted(first.cameras.begin(), first.cameras.end());
    for (const auto& window : set.windows) {
        ProfileWindow part{window.name, {}, {}};
        for (std::size_t v = 0; v < window.predicted.size(); ++v) {
            if (!wanted.count(window.predicted[v].stream)) continue;
            part.predicted.push_back(window.predicted[v]);
            part.truth.push_back(window.truth[v]);
        }
        if (!part.predicted.empty()) first.windows.push_back(std::move(part));
    }
    return first;
}

ProfileSet profiles_from_inputs(std::vector<PlanningInput> predicted,
                                std::vector<PlanningInput> truth) {
    ProfileSet set;
    std::set<std::string> cameras;
    for (const auto& estimate : predicted) cameras.insert(estimate.stream);
    set.cameras.assign(cameras.begin(), cameras.end());
    const bool oracle = truth.empty();
    const auto true_windows = by_window(std::move(truth), "truth");
    if (!oracle && lacks_cached(predicted, true_windows))
        for (auto& estimate : predicted) estimate.cached.clear();
    for (auto& [number, streams] : by_window(std::move(predicted), "estimates")) {
        ProfileWindow window{std::to_string(number), {}, {}};
        for (auto& [name, estimate] : streams) {
            const PlanningInput& real = oracle ? estimate : truth_of(estimate, true_windows);
            require_same_configurations(estimate, real);
            window.truth.push_back(real);
            window.predicted.push_back(std::move(estimate));
        }
        set.windows.push_back(std::move(window));
    }
    return set;
}

}  // namespace ekya
