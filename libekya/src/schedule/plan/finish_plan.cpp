#include "plan/finish_plan.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <tuple>
#include <utility>

#include "ekya/schedule/plan/score.hpp"

namespace ekya {
namespace {

/// "stream a: accuracy 0.31 is below min_accuracy 0.40 by 0.09 until its retraining ends after 45.0
/// s"
std::string violation(const ScheduleProblem& problem, const StreamPlan& plan, double lowest,
                      Seconds below_until) {
    const double lacking = problem.min_accuracy - lowest;
    const bool at_end =
        plan.retraining && std::abs(below_until - plan.retraining->expected_seconds) <=
                               plan_tolerance * problem.horizon;
    std::ostringstream text;
    text << std::fixed << std::setprecision(lacking < 0.01 ? 4 : 2) << "stream " << plan.stream
         << ": accuracy " << lowest << " is below min_accuracy " << problem.min_accuracy << " by "
         << lacking;
    if (below_until < problem.horizon)
        text << (at_end ? " until its retraining ends after " : " until ") << std::setprecision(1)
             << below_until << " s";
    return text.str();
}

Plan empty_plan(const ScheduleProblem& problem, const std::string& policy) {
    Plan plan;
    plan.policy = policy;
    plan.window = problem.window;
    plan.gpus = problem.gpus;
    plan.horizon = problem.horizon;
    plan.min_accuracy = problem.min_accuracy;
    if (problem.gpus == 0)
        plan.violations.push_back("gpus: there are none to share out, no stream can be analysed");
    return plan;
}

/// Steps that change nothing go.
void tidy(const InferenceCurve& curve, std::vector<PlanStep>& steps) {
    std::vector<PlanStep> kept;
    for (auto& step : steps) {
        step.inference = curve.config(step.inference_share);
        const auto what_holds = [](const PlanStep& s) {
            return std::tuple(s.inference_share, s.retraining_share, s.inference_gpu,
                              s.retraining_gpu);
        };
        if (kept.empty() || what_holds(kept.back()) != what_holds(step)) kept.push_back(step);
    }
    steps = std::move(kept);
}

StreamPlan stream_plan(const PlanningInput& stream, const StreamDecision& decision,
                       const StreamScore& score) {
    StreamPlan plan;
    plan.stream = stream.stream;
    plan.steps = decision.steps;
    plan.expected_accuracy = score.accuracy;
    if (const auto* entry = decision.retraining)
        plan.retraining = PlannedRetraining{entry->config,
                                            step_at(plan.steps, *score.starts).retraining_share,
                                            *score.ends,
                                            entry->accuracy,
                                            *score.starts,
                                            entry->name,
                                            decision.elsewhere.has_value()};
    if (decision.cached) plan.cached = decision.cached->id;
    return plan;
}

double mean_accuracy(const std::vector<StreamPlan>& streams) {
    std::vector<double> values;
    for (const auto& stream : streams) values.push_back(stream.expected_accuracy);
    return mean_in_order_of_size(std::move(values));
}

}  // namespace

Plan finish_plan(const ScheduleProblem& problem, const std::string& policy,
                 std::vector<StreamDecision> decisions) {
    Plan plan = empty_plan(problem, policy);
    const auto curves = inference_curves(problem);
    for (std::size_t v = 0; v < decisions.size(); ++v) {
        auto& decision = decisions[v];
        const auto& stream = problem.streams[v];
        const auto score = [&] {
            return score_stream(
                problem, stream, *curves[v],
                {decision.retraining, &decision.steps, decision.elsewhere, decision.cached});
        };
        tidy(*curves[v], decision.steps);
        StreamScore result = score();
        if (decision.retraining && !result.ends) {
            decision.retraining = nullptr;
            decision.elsewhere.reset();
            for (auto& step : decision.steps) {
                step.retraining_share = 0;
                step.retraining_gpu = -1;
            }
            tidy(*curves[v], decision.steps);
            result = score();
        }
        plan.streams.push_back(stream_plan(stream, decision, result));
        if (result.shortfall > 0)
            plan.violations.push_back(violation(problem, plan.streams.back(),
                                                result.lowest_accuracy, result.below_until));
    }
    plan.mean_accuracy = mean_accuracy(plan.streams);
    return plan;
}

Outcome outcome_of(const ScheduleProblem& problem, const Plan& plan) {
    Outcome outcome;
    for (const auto& score : score_plan(problem, plan)) {
        outcome.violations += score.shortfall > 0 ? 1 : 0;
        outcome.shortfall += score.shortfall;
        outcome.accuracy += score.accuracy;
    }
    return outcome;
}

}  // namespace ekya
