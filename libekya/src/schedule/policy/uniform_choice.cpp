#include "policy/uniform_choice.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ekya/core/errors.hpp"
#include "plan/stream_order.hpp"
#include "policy/retraining_choice.hpp"

namespace ekya {
namespace {

/// A configuration over all streams.
struct Average {
    double accuracy = 0;        ///< over all streams; those without an estimate keep their model
    double device_seconds = 0;  ///< over the streams with an estimate
};

Average average_of(const ScheduleProblem& problem, const std::vector<std::size_t>& order,
                   const RetrainingOption& of) {
    Average average;
    int estimated = 0;
    for (const std::size_t v : order) {
        const auto& stream = problem.streams[v];
        const auto* entry = find_retraining(stream, of.config, of.name);
        average.accuracy += entry ? entry->accuracy : stream.accuracy;
        average.device_seconds += entry ? entry->device_seconds : 0;
        estimated += entry ? 1 : 0;
    }
    average.accuracy /= static_cast<double>(problem.streams.size());
    average.device_seconds /= estimated;
    return average;
}

/// Smaller is better, compared from the left.
std::pair<double, double> rank(const Average& average, UniformChoice choice) {
    if (choice == UniformChoice::cheapest) return {average.device_seconds, -average.accuracy};
    return {-average.accuracy, average.device_seconds};
}

/// One estimate for each configuration that ends in time somewhere: if what does not were a choice,
/// the baseline would often not retrain at all.
std::vector<const RetrainingOption*> distinct(const ScheduleProblem& problem,
                                              const std::vector<std::size_t>& order, double share) {
    std::vector<const RetrainingOption*> found;
    for (const std::size_t v : order)
        for (const auto& entry : problem.streams[v].retraining) {
            const auto same = [&](const auto* other) {
                return other->name == entry.name &&
                       (!entry.name.empty() || other->config == entry.config);
            };
            if (ends_within_horizon(problem, entry, share) &&
                std::none_of(found.begin(), found.end(), same))
                found.push_back(&entry);
        }
    return found;
}

const RetrainingOption* choose(const ScheduleProblem& problem, UniformChoice choice, double share) {
    const auto order = streams_by_name(problem);
    const RetrainingOption* best = nullptr;
    std::pair<double, double> best_rank;
    for (const auto* entry : distinct(problem, order, share)) {
        const auto candidate = rank(average_of(problem, order, *entry), choice);
        if (!best || candidate < best_rank)
            std::tie(best, best_rank) = std::tuple(entry, candidate);
    }
    return best;
}

void require_estimated(const ScheduleProblem& problem, const RetrainingConfig& config) {
    for (const auto& stream : problem.streams)
        if (find_retraining(stream, config)) return;
    throw DomainError("config: " + config.name() + " is in no stream's estimates");
}

}  // namespace

std::optional<SharedConfig> choose_shared_config(const ScheduleProblem& problem,
                                                 const UniformOptions& options, double share) {
    if (options.config) {
        require_estimated(problem, *options.config);
        return SharedConfig{*options.config, ""};
    }
    const auto* entry = choose(problem, options.choice, share);
    return entry ? std::optional(SharedConfig{entry->config, entry->name}) : std::nullopt;
}

JobShares equal_split(const ScheduleProblem& problem, double inference_share) {
    require_in_range("inference_share", inference_share, 0, 1);
    const double part = problem.gpus / static_cast<double>(problem.streams.size());
    return {part * inference_share, part * (1 - inference_share)};
}

bool take_choice(UniformOptions& options, const std::string& word) {
    if (word != "most-accurate" && word != "cheapest") return false;
    options.choice = word == "cheapest" ? UniformChoice::cheapest : UniformChoice::most_accurate;
    options.config.reset();
    return true;
}

bool take_inference_share(UniformOptions& options, const std::string& word) {
    double share = -1;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), share);
    const bool good =
        error == std::errc() && end == word.data() + word.size() && share >= 0 && share <= 1;
    if (good) options.inference_share = share;
    return good;
}

}  // namespace ekya
