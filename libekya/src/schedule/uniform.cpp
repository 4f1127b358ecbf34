#include "ekya/schedule/uniform.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "assemble_plan.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

/// A configuration over all streams.
struct Average {
    double accuracy = 0;        ///< over all streams; those without an estimate keep their model
    double device_seconds = 0;  ///< over the streams with an estimate
};

Average average_of(const ScheduleProblem& problem, const RetrainingEstimate& of) {
    Average average;
    int estimated = 0;
    for (const auto& stream : problem.streams) {
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

/// One estimate for each configuration that ends in time somewhere: if what does not were a choice, the baseline would
/// often not retrain at all.
std::vector<const RetrainingEstimate*> distinct(const ScheduleProblem& problem, double share) {
    std::vector<const RetrainingEstimate*> found;
    for (const auto& stream : problem.streams)
        for (const auto& entry : stream.retraining) {
            const auto same = [&](const auto* other) {
                return other->name == entry.name && (!entry.name.empty() || other->config == entry.config);
            };
            if (ends_within_horizon(problem, entry, share) && std::none_of(found.begin(), found.end(), same))
                found.push_back(&entry);
        }
    return found;
}

const RetrainingEstimate* choose(const ScheduleProblem& problem, UniformChoice choice, double share) {
    const RetrainingEstimate* best = nullptr;
    std::pair<double, double> best_rank;
    for (const auto* entry : distinct(problem, share)) {
        const auto candidate = rank(average_of(problem, *entry), choice);
        if (!best || candidate < best_rank) std::tie(best, best_rank) = std::tuple(entry, candidate);
    }
    return best;
}

void require_estimated(const ScheduleProblem& problem, const RetrainingConfig& config) {
    for (const auto& stream : problem.streams)
        if (find_retraining(stream, config)) return;
    throw DomainError("config: " + config.name() + " is in no stream's estimates");
}

}  // namespace

Plan schedule_uniform(const ScheduleProblem& problem, const UniformOptions& options) {
    validate(problem);
    require_in_range("inference_share", options.inference_share, 0, 1);
    if (options.config) require_estimated(problem, *options.config);
    const double part = problem.gpus / static_cast<double>(problem.streams.size());
    const JobShares shares{part * options.inference_share, part * (1 - options.inference_share)};
    const RetrainingEstimate given{options.config.value_or(RetrainingConfig{})};
    const auto* config = options.config ? &given : choose(problem, options.choice, shares.retraining);
    std::vector<PickedConfigs> picked;
    for (const auto& stream : problem.streams) {
        const auto* entry = config ? find_retraining(stream, config->config, config->name) : nullptr;
        if (entry && !ends_within_horizon(problem, *entry, shares.retraining)) entry = nullptr;
        picked.push_back(with_retraining(problem, stream, shares, entry));
    }
    return assemble_plan(problem, "uniform", std::move(picked));
}

}  // namespace ekya
