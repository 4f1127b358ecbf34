#include "ekya/schedule/uniform.hpp"

#include <tuple>
#include <utility>

#include "assemble_plan.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

const RetrainingEstimate* find(const StreamEstimate& stream, const RetrainingConfig& config) {
    for (const auto& entry : stream.retraining)
        if (entry.config == config) return &entry;
    return nullptr;
}

/// A configuration over all streams.
struct Average {
    double accuracy = 0;        ///< over all streams; those without an estimate keep their model
    double device_seconds = 0;  ///< over the streams with an estimate
};

Average average_of(const ScheduleProblem& problem, const RetrainingConfig& config) {
    Average average;
    int estimated = 0;
    for (const auto& stream : problem.streams) {
        const auto* entry = find(stream, config);
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

/// What would not end in time is no choice, or the baseline would often not retrain at all.
std::optional<RetrainingConfig> choose(const ScheduleProblem& problem, UniformChoice choice, double share) {
    std::optional<RetrainingConfig> best;
    std::pair<double, double> best_rank;
    for (const auto& stream : problem.streams)
        for (const auto& entry : stream.retraining) {
            if (!ends_within_horizon(problem, entry, share)) continue;
            const auto candidate = rank(average_of(problem, entry.config), choice);
            if (!best || candidate < best_rank) std::tie(best, best_rank) = std::tuple(entry.config, candidate);
        }
    return best;
}

void require_estimated(const ScheduleProblem& problem, const RetrainingConfig& config) {
    for (const auto& stream : problem.streams)
        if (find(stream, config)) return;
    throw DomainError("config: " + config.name() + " is in no stream's estimates");
}

}  // namespace

Plan schedule_uniform(const ScheduleProblem& problem, const UniformOptions& options) {
    validate(problem);
    require_in_range("inference_share", options.inference_share, 0, 1);
    if (options.config) require_estimated(problem, *options.config);
    const double part = problem.gpus / static_cast<double>(problem.streams.size());
    const JobShares shares{part * options.inference_share, part * (1 - options.inference_share)};
    const auto config = options.config ? options.config : choose(problem, options.choice, shares.retraining);
    std::vector<PickedConfigs> picked;
    for (const auto& stream : problem.streams) {
        const auto* entry = config ? find(stream, *config) : nullptr;
        if (entry && !ends_within_horizon(problem, *entry, shares.retraining)) entry = nullptr;
        picked.push_back(with_retraining(problem, stream, shares, entry));
    }
    return assemble_plan(problem, "uniform", std::move(picked));
}

}  // namespace ekya
