#include "ekya/schedule/policy/best.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/none.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "ekya/schedule/policy/thief.hpp"
#include "ekya/schedule/policy/uniform.hpp"
#include "plan/finish_plan.hpp"
#include "plan/stream_order.hpp"
#include "policy/replan.hpp"
#include "policy/sequence.hpp"

namespace ekya {
namespace {

constexpr double default_work = 400000;  // about 10 ms
constexpr std::size_t most_for_thief = 64;
constexpr std::size_t most_dropped = 16;

Sequence without(Sequence sequence, int stream) {
    sequence.choice[stream] = -1;
    std::erase(sequence.order, stream);
    return sequence;
}

ScheduleProblem sorted_by_name(const ScheduleProblem& problem) {
    ScheduleProblem sorted = problem;
    std::sort(sorted.streams.begin(), sorted.streams.end(),
              [](const auto& a, const auto& b) { return a.stream < b.stream; });
    return sorted;
}

/// The streams of a plan in the order of the problem's.
void restore_order(const ScheduleProblem& problem, Plan& plan) {
    const auto rank = streams_by_name(problem);
    std::vector<StreamPlan> streams(rank.size());
    for (std::size_t i = 0; i < rank.size(); ++i) streams[rank[i]] = std::move(plan.streams[i]);
    plan.streams = std::move(streams);
}

}  // namespace

Plan schedule_best(const ScheduleProblem& given, const BestOptions& options) {
    validate(given);
    require_in_range("effort", options.effort, 1e-6, 1e6);
    const ScheduleProblem problem = sorted_by_name(given);
    const SequencePlanner planner(problem);
    const Sequence sequence = find_sequence(planner, options.effort * default_work);
    Plan best = finish_plan(problem, "best", planner.decide(sequence));
    Outcome worth = outcome_of(problem, best);
    const auto offer = [&](Plan plan) {
        const Outcome other = outcome_of(problem, plan);
        if (!better(other, worth)) return;
        worth = other;
        best = std::move(plan);
    };
    // Where inference has to do with whole steps of its curve, one retraining fewer can be worth
    // more than it seemed.
    if (planner.packed() && sequence.order.size() <= most_dropped)
        for (const int v : sequence.order)
            offer(finish_plan(problem, "best", planner.decide(without(sequence, v))));
    offer(finish_plan(problem, "best",
                      planner.decide(Sequence{std::vector<int>(problem.streams.size(), -1), {}})));
    offer(schedule_none(problem));
    offer(schedule_uniform(problem));
    ThiefOptions thief;
    thief.unit =
        std::min({thief.unit, problem.max_job_share, problem.gpus > 0 ? problem.gpus : thief.unit});
    if (problem.streams.size() <= most_for_thief && thief.unit >= 0.001) {
        offer(schedule_thief(problem, thief));
        offer(plan_with_reruns(problem, "thief",
                               [&](const auto& rest) { return schedule_thief(rest, thief); }));
    }
    best.policy = "best";
    restore_order(given, best);
    return best;
}

Policy best_policy() {
    return {"best",
            "retrainings in sequence, shares planned anew at each end; never worse than thief, "
            "uniform and none on the same inputs",
            [](const auto& problem, const auto& options) {
                return schedule_best(problem, options.best);
            }};
}

}  // namespace ekya
