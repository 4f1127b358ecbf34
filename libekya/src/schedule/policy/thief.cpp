#include "ekya/schedule/policy/thief.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/inference_choice.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "plan/finish_plan.hpp"
#include "plan/stream_order.hpp"
#include "policy/replan.hpp"
#include "policy/retraining_choice.hpp"
#include "policy/units.hpp"

namespace ekya {
namespace {

/// Who holds how many units. Job 2v is the inference of stream v (counted in the order of names),
/// 2v + 1 its retraining; the last one is no job but holds the idle ones.
class Allocation {
public:
    Allocation(int streams, const Units& units)
        : held_(static_cast<std::size_t>(2 * streams + 1), 0) {
        const int jobs = 2 * streams;
        const int each = units.total / jobs;
        int remainder = units.total % jobs;
        for (const int first : {0, 1})  // inference jobs, then retraining jobs
            for (int job = first; job < jobs; job += 2)
                held_[job] = std::min(each + (remainder-- > 0 ? 1 : 0), units.per_job);
        held_.back() = units.total - std::accumulate(held_.begin(), held_.end() - 1, 0);
    }

    [[nodiscard]] int idle() const { return static_cast<int>(held_.size()) - 1; }
    [[nodiscard]] int of(int holder) const { return held_[holder]; }
    void move(int from, int to, int count) {
        held_[from] -= count;
        held_[to] += count;
    }

private:
    std::vector<int> held_;
};

/// Algorithm 1. Holds the worth of each stream under the present allocation: a steal changes one or
/// two of them.
class Thief {
public:
    Thief(const ScheduleProblem& problem, const ThiefOptions& options)
        : problem_(problem),
          units_(problem, options.unit),
          per_steal_(steal_units(units_, options)),
          patience_(options.patience),
          order_(streams_by_name(problem)),
          allocation_(static_cast<int>(order_.size()), units_) {
        for (int v = 0; v < streams(); ++v) relative_.push_back(relative_accuracies(stream(v)));
        for (int v = 0; v < streams(); ++v) worth_.push_back(evaluate(v));
    }

    /// All pairs once, with steps of so many units. @return whether anything was gained
    bool sweep(int step) {
        bool gained = false;
        for (int thief = 0; thief < allocation_.idle(); ++thief) {
            gained |= rob(thief, allocation_.idle(), step);
            for (int victim = 0; victim < allocation_.idle(); ++victim)
                if (victim != thief) gained |= rob(thief, victim, step);
        }
        return gained;
    }

    [[nodiscard]] int step() const { return per_steal_; }

    [[nodiscard]] Plan plan() const {
        std::vector<StreamDecision> decisions(order_.size());
        for (int v = 0; v < streams(); ++v) decisions[order_[v]] = decide(v);
        return finish_plan(problem_, "thief", std::move(decisions));
    }

private:
    static int steal_units(const Units& units, const ThiefOptions& options) {
        require_in_range("quantum", options.quantum, options.unit, 1e6);
        return units.whole(options.quantum);
    }

    [[nodiscard]] int streams() const { return static_cast<int>(order_.size()); }
    [[nodiscard]] const PlanningInput& stream(int v) const { return problem_.streams[order_[v]]; }

    /// What inference gives with 0, 1, 2 ... units.
    [[nodiscard]] std::vector<double> relative_accuracies(const PlanningInput& estimate) const {
        std::vector<double> relative;
        for (int units = 0; units <= units_.per_job; ++units)
            relative.push_back(
                choose_inference(problem_, estimate, units_.share(units)).relative_accuracy);
        return relative;
    }

    [[nodiscard]] int inference_after(int v) const {
        return std::min(allocation_.of(2 * v) + allocation_.of(2 * v + 1), units_.per_job);
    }

    /// The sum of two shares can be off by rounding; the share of the summed units is not.
    [[nodiscard]] StreamDecision decide(int v) const {
        const auto* retraining = choose(v).retraining;
        const JobShares during{units_.share(allocation_.of(2 * v)),
                               units_.share(allocation_.of(2 * v + 1))};
        return {retraining,
                simple_steps(problem_, retraining, during, units_.share(inference_after(v)))};
    }

    [[nodiscard]] RetrainingChoice choose(int v) const {
        return choose_retraining(problem_, stream(v), units_.share(allocation_.of(2 * v + 1)),
                                 relative_[v][allocation_.of(2 * v)],
                                 relative_[v][inference_after(v)]);
    }

    [[nodiscard]] Outcome evaluate(int v) const { return choose(v).outcome; }

    /// What the two streams of a steal are worth; the second is empty if there is just one.
    struct Pair {
        Outcome a, b;
        [[nodiscard]] Outcome sum() const { return a + b; }
    };

    /// Steals in steps until `patience_` of them in a row have gained nothing, and undoes what came
    /// after the best.
    /// @return whether anything was gained
    bool rob(int thief, int victim, int step) {
        const int a = thief / 2, b = victim == allocation_.idle() ? a : victim / 2;
        Pair best{worth_[a], a == b ? Outcome{} : worth_[b]};
        int kept = 0, taken = 0;
        for (int vain = 0; vain < patience_; ++vain) {
            const int units = move_step(thief, victim, step);
            if (units == 0) break;
            taken += units;
            const Pair pair{evaluate(a), a == b ? Outcome{} : evaluate(b)};
            if (!better(pair.sum(), best.sum())) continue;
            best = pair;
            kept = taken;
            vain = -1;
        }
        allocation_.move(thief, victim, taken - kept);
        worth_[a] = best.a;
        if (a != b) worth_[b] = best.b;
        return kept > 0;
    }

    /// @return units moved: fewer than a step if the victim has less or the thief can use less
    int move_step(int thief, int victim, int step) {
        const int units =
            std::min({step, allocation_.of(victim), units_.per_job - allocation_.of(thief)});
        allocation_.move(victim, thief, units);
        return units;
    }

    const ScheduleProblem& problem_;
    Units units_;
    int per_steal_;  ///< the quantum
    int patience_;
    std::vector<std::size_t> order_;
    Allocation allocation_;
    std::vector<std::vector<double>> relative_;
    std::vector<Outcome> worth_;
};

}  // namespace

Plan schedule_thief(const ScheduleProblem& problem, const ThiefOptions& options) {
    validate(problem);
    require_in_range("sweeps", options.sweeps, 1, 1e6);
    require_in_range("patience", options.patience, 1, 1e6);
    Thief thief(problem, options);
    for (int step = thief.step(); step > 0; step /= 2)
        for (int sweep = 0; sweep < options.sweeps && thief.sweep(step); ++sweep) {}
    return thief.plan();
}

Plan schedule_thief_with_reruns(const ScheduleProblem& problem, const ThiefOptions& options) {
    validate(problem);
    return plan_with_reruns(problem, "thief",
                            [&](const auto& rest) { return schedule_thief(rest, options); });
}

Policy thief_policy() {
    Policy policy{"thief", "the paper's scheduler: jobs steal shares from each other",
                  [](const auto& problem, const auto& options) {
                      return schedule_thief_with_reruns(problem, options.thief);
                  }};
    policy.options = {
        {"--quantum", "share stolen at a time (thief)", "0.1", 0.001, 1e6,
         [](PolicyOptions& options, double quantum) {
             options.thief.quantum = options.thief.unit = quantum;
         }},
        {"--unit",
         "all shares are multiples of it (thief, separable); default: the quantum, as in the paper",
         "", 0.001, 1e6, [](PolicyOptions& options, double unit) { options.thief.unit = unit; }},
        {"--patience", "steps without gain after which a thief leaves its victim (thief)", "1", 1,
         1e6,
         [](PolicyOptions& options, double steps) {
             options.thief.patience = static_cast<int>(steps);
         }},
    };
    return policy;
}

}  // namespace ekya
