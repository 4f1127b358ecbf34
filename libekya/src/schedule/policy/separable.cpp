#include "ekya/schedule/policy/separable.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "plan/finish_plan.hpp"
#include "plan/stream_order.hpp"
#include "policy/retraining_choice.hpp"
#include "policy/units.hpp"

namespace ekya {
namespace {

constexpr Seconds never = std::numeric_limits<double>::infinity();
constexpr double most_entries = 2e7;  // of the table of decisions, 4 bytes each

/// What one stream does with a total share.
struct Split {
    Outcome outcome;
    int inference = 0, retraining = 0;         ///< units while the retraining runs
    const RetrainingOption* config = nullptr;  ///< null = none
    Seconds ends = 0;
};

/// The best splits of one stream, total by total.
class Splitter {
public:
    Splitter(const ScheduleProblem& problem, const Units& units)
        : problem_(problem), units_(units) {
        for (int u = 0; u <= units.per_job; ++u)
            shares_.push_back(std::min(units.share(u), problem.max_job_share));
    }

    [[nodiscard]] std::vector<Split> split_all(const PlanningInput& stream,
                                               const InferenceCurve& curve) {
        take(stream, curve);
        std::vector<Split> splits;
        const int most = static_cast<int>(
            std::min<std::int64_t>(units_.total, std::int64_t{2} * units_.per_job));
        for (int total = 0; total <= most; ++total)
            splits.push_back(best_split(stream.accuracy, total));
        return splits;
    }

private:
    /// Only retrainings that raise accuracy and are not beaten by a cheaper one can be best, and of
    /// the splits with the same inference accuracy only the one that leaves the retraining most.
    void take(const PlanningInput& stream, const InferenceCurve& curve) {
        relative_.clear();
        inferences_.clear();
        for (int u = 0; u <= units_.per_job; ++u) {
            relative_.push_back(curve.relative_accuracy(shares_[u]));
            if (u == 0 || relative_[u] > relative_[u - 1]) inferences_.push_back(u);
        }
        candidates_.clear();
        for (const auto& entry : stream.retraining) candidates_.push_back(&entry);
        std::stable_sort(candidates_.begin(), candidates_.end(), [](const auto* a, const auto* b) {
            return a->device_seconds != b->device_seconds ? a->device_seconds < b->device_seconds
                                                          : a->accuracy > b->accuracy;
        });
        double reached = stream.accuracy;
        std::erase_if(candidates_, [&](const auto* entry) {
            return entry->accuracy <= std::exchange(reached, std::max(reached, entry->accuracy));
        });
        ends_.clear();
        for (const auto* entry : candidates_)
            for (int u = 0; u <= units_.per_job; ++u) ends_.push_back(end_of(*entry, shares_[u]));
    }

    [[nodiscard]] Seconds end_of(const RetrainingOption& entry, double share) const {
        if (!ends_within_horizon(problem_, entry, share)) return never;
        return std::min(entry.device_seconds / share, problem_.horizon);
    }

    [[nodiscard]] Split best_split(double accuracy, int total) const {
        const int after = std::min(total, units_.per_job);
        Split best{outcome_of(problem_, 0, 0, accuracy * relative_[after]), after, 0, nullptr, 0};
        for (const int inference : inferences_) {
            if (inference >= total) break;
            const int retraining = std::min(total - inference, units_.per_job);
            for (std::size_t c = 0; c < candidates_.size(); ++c) {
                const Seconds end = ends_[c * (units_.per_job + 1) + retraining];
                if (end == never) break;  // the others take longer
                const Outcome outcome = outcome_of(problem_, end, accuracy * relative_[inference],
                                                   candidates_[c]->accuracy * relative_[after]);
                if (better(outcome, best.outcome))
                    best = {outcome, inference, retraining, candidates_[c], end};
            }
        }
        return best;
    }

    const ScheduleProblem& problem_;
    const Units& units_;
    std::vector<double> shares_;    ///< of 0, 1 ... units, as far as one job can use them
    std::vector<double> relative_;  ///< what inference gives with them
    std::vector<int> inferences_;   ///< units with which it gives more than with one less
    std::vector<const RetrainingOption*> candidates_;  ///< from cheap to costly
    std::vector<Seconds> ends_;  ///< candidate by candidate, with 0, 1 ... units
};

/// Shares out the units to one stream after the other.
class Knapsack {
public:
    explicit Knapsack(int total) : best_(static_cast<std::size_t>(total) + 1) {}

    void add(const std::vector<Split>& splits) {
        std::vector<int> useful{0};
        for (int u = 1; u < static_cast<int>(splits.size()); ++u)
            if (better(splits[u].outcome, splits[useful.back()].outcome)) useful.push_back(u);
        auto& given = given_.emplace_back(best_.size(), 0);
        for (int units = static_cast<int>(best_.size()) - 1; units >= 0; --units) {
            Outcome best = best_[units] + splits[0].outcome;
            for (std::size_t i = 1; i < useful.size() && useful[i] <= units; ++i) {
                const Outcome outcome = best_[units - useful[i]] + splits[useful[i]].outcome;
                if (!better(outcome, best)) continue;
                best = outcome;
                given[units] = useful[i];
            }
            best_[units] = best;
        }
    }

    /// Units of every stream, in the order in which they were added.
    [[nodiscard]] std::vector<int> units() const {
        std::vector<int> units(given_.size());
        int left = static_cast<int>(best_.size()) - 1;
        for (std::size_t v = given_.size(); v-- > 0;) left -= units[v] = given_[v][left];
        return units;
    }

private:
    std::vector<Outcome> best_;  ///< of the streams so far, with 0, 1 ... units
    std::vector<std::vector<int>>
        given_;  ///< to each stream, of 0, 1 ... units for it and those before
};

/// Units that the streams can use; more would only make the table larger.
int usable_units(const ScheduleProblem& problem, const Units& units) {
    const auto streams = static_cast<double>(problem.streams.size());
    const int usable =
        static_cast<int>(std::min<double>(units.total, 2.0 * units.per_job * streams));
    if (streams * usable > most_entries)
        throw DomainError("unit: too small for so many streams and devices");
    return usable;
}

StreamDecision decision_of(const Units& units, const Split& split, int total) {
    const double after = units.share(std::min(total, units.per_job));
    if (!split.config) return {nullptr, {{0, after, 0}}};
    return {
        split.config,
        {{0, units.share(split.inference), units.share(split.retraining)}, {split.ends, after, 0}}};
}

}  // namespace

Plan schedule_separable(const ScheduleProblem& problem, const SeparableOptions& options) {
    validate(problem);
    const Units units(problem, options.unit);
    const auto order = streams_by_name(problem);
    const auto curves = inference_curves(problem);
    Knapsack knapsack(usable_units(problem, units));
    Splitter splitter(problem, units);
    std::vector<std::vector<Split>> splits;
    for (const auto v : order) {
        splits.push_back(splitter.split_all(problem.streams[v], *curves[v]));
        knapsack.add(splits.back());
    }
    const auto given = knapsack.units();
    std::vector<StreamDecision> decisions(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        decisions[order[i]] = decision_of(units, splits[i][given[i]], given[i]);
    return finish_plan(problem, "separable", std::move(decisions));
}

Policy separable_policy() {
    return {"separable", "the best plan in which every stream keeps one total share, exactly",
            [](const auto& problem, const auto& options) {
                return schedule_separable(problem, {options.thief.unit});
            }};
}

}  // namespace ekya
